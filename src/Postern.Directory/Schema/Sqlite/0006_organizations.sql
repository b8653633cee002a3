-- API tokens that may do less than their account, and accounts of machines.
ALTER TABLE "api_tokens" ADD COLUMN "project_id" TEXT NULL;

ALTER TABLE "api_tokens" ADD COLUMN "is_read_only" INTEGER NOT NULL DEFAULT 0;

CREATE TABLE "machine_users" (
    "user_id" TEXT NOT NULL CONSTRAINT "machine_users_key" PRIMARY KEY,
    "organization_id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    CONSTRAINT "machine_users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE,
    CONSTRAINT "machine_users_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE INDEX "machine_users_organization_id" ON "machine_users" ("organization_id");
