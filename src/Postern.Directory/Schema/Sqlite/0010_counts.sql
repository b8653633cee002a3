-- Wrong passwords by what was typed or by browser; codes of second factors by browser; the network that a device asks from.
CREATE TABLE "sign_in_counts" (
    "name_hash" TEXT NOT NULL CONSTRAINT "sign_in_counts_key" PRIMARY KEY,
    "failed" INTEGER NOT NULL,
    "ends_at" INTEGER NOT NULL
);

CREATE INDEX "sign_in_counts_ends_at" ON "sign_in_counts" ("ends_at");

CREATE TABLE "new_factor_attempts" (
    "user_id" TEXT NOT NULL,
    "browser" TEXT NOT NULL,
    "failed" INTEGER NOT NULL,
    "locked_until" INTEGER NULL,
    CONSTRAINT "factor_attempts_key" PRIMARY KEY ("user_id", "browser"),
    CONSTRAINT "factor_attempts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

INSERT INTO "new_factor_attempts" ("user_id", "browser", "failed", "locked_until")
SELECT "user_id", '', "failed", "locked_until" FROM "factor_attempts";

DROP TABLE "factor_attempts";

ALTER TABLE "new_factor_attempts" RENAME TO "factor_attempts";

ALTER TABLE "device_requests" ADD COLUMN "network" TEXT NULL;
