CREATE TABLE "ssh_approvals" (
    "id" TEXT NOT NULL CONSTRAINT "ssh_approvals_key" PRIMARY KEY,
    "user_id" TEXT NOT NULL,
    "ssh_key_id" INTEGER NOT NULL,
    "organization_id" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL,
    "revoked_at" INTEGER NULL,
    CONSTRAINT "ssh_approvals_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE,
    CONSTRAINT "ssh_approvals_ssh_key_id_fkey" FOREIGN KEY ("ssh_key_id") REFERENCES "ssh_keys" ("id") ON DELETE CASCADE,
    CONSTRAINT "ssh_approvals_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE
);

CREATE INDEX "ssh_approvals_user_id" ON "ssh_approvals" ("user_id");
CREATE INDEX "ssh_approvals_ssh_key_id" ON "ssh_approvals" ("ssh_key_id");
CREATE INDEX "ssh_approvals_organization_id" ON "ssh_approvals" ("organization_id");
