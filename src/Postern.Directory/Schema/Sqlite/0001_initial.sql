-- The first schema. Times are milliseconds since 1970 UTC; enumerations are lower-case names.
CREATE TABLE "audit_events" (
    "id" INTEGER NOT NULL CONSTRAINT "audit_events_key" PRIMARY KEY AUTOINCREMENT,
    "at" INTEGER NOT NULL,
    "actor" TEXT NOT NULL,
    "connection_id" TEXT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "detail" TEXT NULL
);

CREATE TABLE "authority_keys" (
    "id" TEXT NOT NULL CONSTRAINT "authority_keys_key" PRIMARY KEY,
    "purpose" TEXT NOT NULL,
    "public_key" TEXT NOT NULL,
    "protected_private_key" BLOB NOT NULL,
    "created_at" INTEGER NOT NULL,
    "state" TEXT NOT NULL
);

CREATE TABLE "changes" (
    "id" INTEGER NOT NULL CONSTRAINT "changes_key" PRIMARY KEY AUTOINCREMENT,
    "at" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL
);

CREATE TABLE "data_protection_keys" (
    "id" INTEGER NOT NULL CONSTRAINT "data_protection_keys_key" PRIMARY KEY AUTOINCREMENT,
    "friendly_name" TEXT NULL,
    "xml" TEXT NOT NULL
);

CREATE TABLE "issued_certificates" (
    "serial" INTEGER NOT NULL CONSTRAINT "issued_certificates_key" PRIMARY KEY,
    "key_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "session_id" TEXT NOT NULL,
    "token_id" TEXT NOT NULL,
    "key_fingerprint" TEXT NOT NULL,
    "principals" TEXT NOT NULL,
    "valid_after" INTEGER NOT NULL,
    "valid_before" INTEGER NOT NULL,
    "source_address" TEXT NULL,
    "issued_at" INTEGER NOT NULL,
    "revoked_at" INTEGER NULL
);

CREATE TABLE "signing_keys" (
    "key_id" TEXT NOT NULL CONSTRAINT "signing_keys_key" PRIMARY KEY,
    "protected_key" BLOB NOT NULL,
    "created_at" INTEGER NOT NULL,
    "retired_at" INTEGER NULL
);

CREATE TABLE "users" (
    "id" TEXT NOT NULL CONSTRAINT "users_key" PRIMARY KEY,
    "first_name" TEXT NOT NULL,
    "last_name" TEXT NOT NULL,
    "is_disabled" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "user_name" TEXT NULL,
    "normalized_user_name" TEXT NULL,
    "email" TEXT NULL,
    "normalized_email" TEXT NULL,
    "email_confirmed" INTEGER NOT NULL,
    "password_hash" TEXT NULL,
    "security_stamp" TEXT NULL,
    "concurrency_stamp" TEXT NULL,
    "phone_number" TEXT NULL,
    "phone_number_confirmed" INTEGER NOT NULL,
    "two_factor_enabled" INTEGER NOT NULL,
    "lockout_end" INTEGER NULL,
    "lockout_enabled" INTEGER NOT NULL,
    "access_failed_count" INTEGER NOT NULL
);

CREATE TABLE "api_tokens" (
    "id" TEXT NOT NULL CONSTRAINT "api_tokens_key" PRIMARY KEY,
    "user_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "expires_at" INTEGER NULL,
    "last_used_at" INTEGER NULL,
    "last_used_address" TEXT NULL,
    "had_mfa_at_creation" INTEGER NOT NULL,
    "revoked_at" INTEGER NULL,
    CONSTRAINT "api_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "organizations" (
    "id" TEXT NOT NULL CONSTRAINT "organizations_key" PRIMARY KEY,
    "name" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "requires_mfa" INTEGER NOT NULL,
    "pins_source_address" INTEGER NOT NULL,
    "is_suspended" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    CONSTRAINT "organizations_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON DELETE RESTRICT
);

CREATE TABLE "ssh_keys" (
    "id" INTEGER NOT NULL CONSTRAINT "ssh_keys_key" PRIMARY KEY AUTOINCREMENT,
    "user_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "blob" BLOB NOT NULL,
    "sha256_fingerprint" TEXT NOT NULL,
    "md5_fingerprint" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "last_used_at" INTEGER NULL,
    "last_used_address" TEXT NULL,
    CONSTRAINT "ssh_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "user_claims" (
    "id" INTEGER NOT NULL CONSTRAINT "user_claims_key" PRIMARY KEY AUTOINCREMENT,
    "user_id" TEXT NOT NULL,
    "claim_type" TEXT NULL,
    "claim_value" TEXT NULL,
    CONSTRAINT "user_claims_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "user_logins" (
    "login_provider" TEXT NOT NULL,
    "provider_key" TEXT NOT NULL,
    "provider_display_name" TEXT NULL,
    "user_id" TEXT NOT NULL,
    CONSTRAINT "user_logins_key" PRIMARY KEY ("login_provider", "provider_key"),
    CONSTRAINT "user_logins_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "user_passkeys" (
    "credential_id" BLOB NOT NULL CONSTRAINT "user_passkeys_key" PRIMARY KEY,
    "user_id" TEXT NOT NULL,
    "data" TEXT NOT NULL,
    CONSTRAINT "user_passkeys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "user_tokens" (
    "user_id" TEXT NOT NULL,
    "login_provider" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NULL,
    CONSTRAINT "user_tokens_key" PRIMARY KEY ("user_id", "login_provider", "name"),
    CONSTRAINT "user_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "sessions" (
    "id" TEXT NOT NULL CONSTRAINT "sessions_key" PRIMARY KEY,
    "user_id" TEXT NOT NULL,
    "client_id" TEXT NOT NULL,
    "grant" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "last_used_at" INTEGER NOT NULL,
    "address" TEXT NULL,
    "user_agent" TEXT NULL,
    "amr" TEXT NOT NULL,
    "auth_time" INTEGER NOT NULL,
    "absolute_expiry" INTEGER NOT NULL,
    "idle_expiry" INTEGER NOT NULL,
    "revoked_at" INTEGER NULL,
    "revoked_reason" TEXT NULL,
    "api_token_id" TEXT NULL,
    CONSTRAINT "sessions_api_token_id_fkey" FOREIGN KEY ("api_token_id") REFERENCES "api_tokens" ("id") ON DELETE RESTRICT,
    CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "organization_members" (
    "organization_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    CONSTRAINT "organization_members_key" PRIMARY KEY ("organization_id", "user_id"),
    CONSTRAINT "organization_members_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE,
    CONSTRAINT "organization_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "projects" (
    "id" TEXT NOT NULL CONSTRAINT "projects_key" PRIMARY KEY,
    "title" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "entropy" TEXT NOT NULL,
    "default_branch" TEXT NOT NULL,
    "is_suspended" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    CONSTRAINT "projects_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT
);

CREATE TABLE "authorization_codes" (
    "code_hash" TEXT NOT NULL CONSTRAINT "authorization_codes_key" PRIMARY KEY,
    "user_id" TEXT NOT NULL,
    "session_id" TEXT NULL,
    "client_id" TEXT NOT NULL,
    "redirect_uri" TEXT NOT NULL,
    "code_challenge" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "amr" TEXT NOT NULL,
    "auth_time" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL,
    "used_at" INTEGER NULL,
    CONSTRAINT "authorization_codes_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions" ("id") ON DELETE CASCADE,
    CONSTRAINT "authorization_codes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "refresh_tokens" (
    "token_hash" TEXT NOT NULL CONSTRAINT "refresh_tokens_key" PRIMARY KEY,
    "session_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL,
    "used_at" INTEGER NULL,
    "replaced_by_hash" TEXT NULL,
    "successor_salt" BLOB NULL,
    CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions" ("id") ON DELETE CASCADE
);

CREATE TABLE "environments" (
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "machine_name" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "parent" TEXT NULL,
    "deployment" TEXT NULL,
    "tree_id" TEXT NULL,
    "deployed_at" INTEGER NULL,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    CONSTRAINT "environments_key" PRIMARY KEY ("project_id", "name"),
    CONSTRAINT "environments_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON DELETE CASCADE
);

CREATE TABLE "project_members" (
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "production_role" TEXT NULL,
    "staging_role" TEXT NULL,
    "development_role" TEXT NULL,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    CONSTRAINT "project_members_key" PRIMARY KEY ("project_id", "user_id"),
    CONSTRAINT "project_members_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON DELETE CASCADE,
    CONSTRAINT "project_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE UNIQUE INDEX "api_tokens_token_hash" ON "api_tokens" ("token_hash");
CREATE INDEX "api_tokens_user_id" ON "api_tokens" ("user_id");
CREATE INDEX "audit_events_at" ON "audit_events" ("at");
CREATE UNIQUE INDEX "authority_keys_one_active" ON "authority_keys" ("purpose") WHERE state = 'active';
CREATE INDEX "authorization_codes_expires_at" ON "authorization_codes" ("expires_at");
CREATE INDEX "authorization_codes_session_id" ON "authorization_codes" ("session_id");
CREATE INDEX "authorization_codes_user_id" ON "authorization_codes" ("user_id");
CREATE UNIQUE INDEX "environments_project_id_machine_name" ON "environments" ("project_id", "machine_name");
CREATE INDEX "issued_certificates_session_id" ON "issued_certificates" ("session_id");
CREATE INDEX "issued_certificates_user_id" ON "issued_certificates" ("user_id");
CREATE INDEX "organization_members_user_id" ON "organization_members" ("user_id");
CREATE UNIQUE INDEX "organizations_name" ON "organizations" ("name");
CREATE INDEX "organizations_owner_id" ON "organizations" ("owner_id");
CREATE INDEX "project_members_user_id" ON "project_members" ("user_id");
CREATE INDEX "projects_organization_id" ON "projects" ("organization_id");
CREATE INDEX "refresh_tokens_expires_at" ON "refresh_tokens" ("expires_at");
CREATE INDEX "refresh_tokens_session_id" ON "refresh_tokens" ("session_id");
CREATE INDEX "sessions_api_token_id" ON "sessions" ("api_token_id");
CREATE INDEX "sessions_user_id" ON "sessions" ("user_id");
CREATE UNIQUE INDEX "ssh_keys_blob" ON "ssh_keys" ("blob");
CREATE INDEX "ssh_keys_user_id" ON "ssh_keys" ("user_id");
CREATE INDEX "user_claims_user_id" ON "user_claims" ("user_id");
CREATE INDEX "user_logins_user_id" ON "user_logins" ("user_id");
CREATE INDEX "user_passkeys_user_id" ON "user_passkeys" ("user_id");
CREATE UNIQUE INDEX "users_normalized_email" ON "users" ("normalized_email");
CREATE UNIQUE INDEX "users_normalized_user_name" ON "users" ("normalized_user_name");

CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END;

CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END;
