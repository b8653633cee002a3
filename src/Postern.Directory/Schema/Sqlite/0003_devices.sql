-- Requests of programs without a browser (RFC 8628).
CREATE TABLE "device_requests" (
    "device_code_hash" TEXT NOT NULL CONSTRAINT "device_requests_key" PRIMARY KEY,
    "user_code_hash" TEXT NOT NULL,
    "requester" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "required_amr" TEXT NOT NULL,
    "max_age_seconds" INTEGER NULL,
    "address" TEXT NULL,
    "user_agent" TEXT NULL,
    "created_at" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL,
    "interval_seconds" INTEGER NOT NULL,
    "polled_at" INTEGER NULL,
    "decided_at" INTEGER NULL,
    "is_approved" INTEGER NOT NULL,
    "user_id" TEXT NULL,
    "amr" TEXT NOT NULL,
    "auth_time" INTEGER NULL,
    "used_at" INTEGER NULL,
    "session_id" TEXT NULL,
    CONSTRAINT "device_requests_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions" ("id") ON DELETE CASCADE,
    CONSTRAINT "device_requests_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE INDEX "device_requests_expires_at" ON "device_requests" ("expires_at");
CREATE INDEX "device_requests_session_id" ON "device_requests" ("session_id");
CREATE UNIQUE INDEX "device_requests_user_code_hash" ON "device_requests" ("user_code_hash");
CREATE INDEX "device_requests_user_id" ON "device_requests" ("user_id");
