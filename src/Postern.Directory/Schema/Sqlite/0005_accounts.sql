-- How accounts come into being and are kept: invitations, links that are mailed, the mails themselves, the first account.
CREATE TABLE "invitations" (
    "id" TEXT NOT NULL CONSTRAINT "invitations_key" PRIMARY KEY,
    "organization_id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "normalized_email" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "invited_by" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "sent_at" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL,
    "accepted_at" INTEGER NULL,
    "accepted_by" TEXT NULL,
    "revoked_at" INTEGER NULL,
    "is_link_shown" INTEGER NOT NULL,
    CONSTRAINT "invitations_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE
);

CREATE TABLE "mail_links" (
    "token_hash" TEXT NOT NULL CONSTRAINT "mail_links_key" PRIMARY KEY,
    "purpose" TEXT NOT NULL,
    "user_id" TEXT NULL,
    "invitation_id" TEXT NULL,
    "normalized_email" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL,
    CONSTRAINT "mail_links_invitation_id_fkey" FOREIGN KEY ("invitation_id") REFERENCES "invitations" ("id") ON DELETE CASCADE,
    CONSTRAINT "mail_links_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "queued_mails" (
    "id" TEXT NOT NULL CONSTRAINT "queued_mails_key" PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "subject_id" TEXT NULL,
    "created_at" INTEGER NOT NULL,
    "due_at" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL,
    "attempts" INTEGER NOT NULL
);

CREATE TABLE "setup_codes" (
    "code_hash" TEXT NOT NULL CONSTRAINT "setup_codes_key" PRIMARY KEY,
    "created_at" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL
);

CREATE UNIQUE INDEX "invitations_one_open" ON "invitations" ("organization_id", "normalized_email") WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX "mail_links_expires_at" ON "mail_links" ("expires_at");
CREATE INDEX "mail_links_invitation_id" ON "mail_links" ("invitation_id");
CREATE INDEX "mail_links_user_id" ON "mail_links" ("user_id");
CREATE INDEX "queued_mails_due_at" ON "queued_mails" ("due_at");
