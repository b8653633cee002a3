CREATE TABLE "authenticator_apps" (
    "user_id" TEXT NOT NULL CONSTRAINT "authenticator_apps_key" PRIMARY KEY,
    "protected_secret" BLOB NOT NULL,
    "created_at" INTEGER NOT NULL,
    "last_used_at" INTEGER NOT NULL,
    "last_step" INTEGER NOT NULL,
    CONSTRAINT "authenticator_apps_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "recovery_codes" (
    "code_hash" TEXT NOT NULL CONSTRAINT "recovery_codes_key" PRIMARY KEY,
    "user_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "used_at" INTEGER NULL,
    CONSTRAINT "recovery_codes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "factor_attempts" (
    "user_id" TEXT NOT NULL CONSTRAINT "factor_attempts_key" PRIMARY KEY,
    "failed" INTEGER NOT NULL,
    "locked_until" INTEGER NULL,
    CONSTRAINT "factor_attempts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "used_challenges" (
    "hash" TEXT NOT NULL CONSTRAINT "used_challenges_key" PRIMARY KEY,
    "expires_at" INTEGER NOT NULL
);

CREATE INDEX "recovery_codes_user_id" ON "recovery_codes" ("user_id");
CREATE INDEX "used_challenges_expires_at" ON "used_challenges" ("expires_at");

ALTER TABLE "sessions" ADD COLUMN "confirmed_at" INTEGER NULL;
ALTER TABLE "user_passkeys" ADD COLUMN "last_used_at" INTEGER NULL;
