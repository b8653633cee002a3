-- Sign-in at OpenID Connect providers of organizations.
CREATE TABLE "identity_providers" (
    "id" TEXT NOT NULL CONSTRAINT "identity_providers_key" PRIMARY KEY,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "client_id" TEXT NOT NULL,
    "protected_secret" BLOB NOT NULL,
    "is_enforced" INTEGER NOT NULL,
    "creates_people" INTEGER NOT NULL,
    "is_trusted_for_mfa" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    CONSTRAINT "identity_providers_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE
);

CREATE TABLE "sso_domains" (
    "domain" TEXT NOT NULL CONSTRAINT "sso_domains_key" PRIMARY KEY,
    "suffix" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "provider_id" TEXT NULL,
    "created_at" INTEGER NOT NULL,
    CONSTRAINT "sso_domains_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE,
    CONSTRAINT "sso_domains_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "identity_providers" ("id") ON DELETE SET NULL
);

CREATE TABLE "sso_identities" (
    "provider_id" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "last_used_at" INTEGER NOT NULL,
    CONSTRAINT "sso_identities_key" PRIMARY KEY ("provider_id", "issuer", "subject"),
    CONSTRAINT "sso_identities_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "identity_providers" ("id") ON DELETE CASCADE,
    CONSTRAINT "sso_identities_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "sso_logins" (
    "id" TEXT NOT NULL CONSTRAINT "sso_logins_key" PRIMARY KEY,
    "provider_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "protected_refresh_token" BLOB NULL,
    "checked_at" INTEGER NOT NULL,
    "asking_until" INTEGER NULL,
    "ends_at" INTEGER NULL,
    "ended_at" INTEGER NULL,
    "created_at" INTEGER NOT NULL,
    CONSTRAINT "sso_logins_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "identity_providers" ("id") ON DELETE CASCADE,
    CONSTRAINT "sso_logins_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE UNIQUE INDEX "identity_providers_name" ON "identity_providers" ("name");
CREATE INDEX "identity_providers_organization_id" ON "identity_providers" ("organization_id");
CREATE INDEX "sso_domains_organization_id" ON "sso_domains" ("organization_id");
CREATE INDEX "sso_domains_provider_id" ON "sso_domains" ("provider_id");
CREATE UNIQUE INDEX "sso_identities_provider_id_issuer_user_id" ON "sso_identities" ("provider_id", "issuer", "user_id");
CREATE INDEX "sso_identities_user_id" ON "sso_identities" ("user_id");
CREATE INDEX "sso_logins_checked_at" ON "sso_logins" ("checked_at");
CREATE INDEX "sso_logins_provider_id" ON "sso_logins" ("provider_id");
CREATE INDEX "sso_logins_user_id" ON "sso_logins" ("user_id");

ALTER TABLE "sessions" ADD COLUMN "sso_login_id" TEXT NULL;
ALTER TABLE "authorization_codes" ADD COLUMN "sso_login_id" TEXT NULL;
ALTER TABLE "device_requests" ADD COLUMN "sso_login_id" TEXT NULL;
ALTER TABLE "organization_members" ADD COLUMN "is_sso_exempt" INTEGER NOT NULL DEFAULT 0;

CREATE INDEX "sessions_sso_login_id" ON "sessions" ("sso_login_id");
