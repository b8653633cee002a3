-- Sign-in at OpenID Connect providers of organizations.
CREATE TABLE identity_providers (
    id uuid NOT NULL,
    organization_id character varying(26) NOT NULL,
    name character varying(20) NOT NULL,
    label character varying(255) NOT NULL,
    issuer character varying(255) NOT NULL,
    client_id character varying(255) NOT NULL,
    protected_secret bytea NOT NULL,
    is_enforced boolean NOT NULL,
    creates_people boolean NOT NULL,
    is_trusted_for_mfa boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT identity_providers_key PRIMARY KEY (id),
    CONSTRAINT identity_providers_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE sso_domains (
    domain character varying(253) NOT NULL,
    suffix character varying(254) NOT NULL,
    organization_id character varying(26) NOT NULL,
    provider_id uuid,
    created_at bigint NOT NULL,
    CONSTRAINT sso_domains_key PRIMARY KEY (domain),
    CONSTRAINT sso_domains_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT sso_domains_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES identity_providers (id) ON DELETE SET NULL
);

CREATE TABLE sso_identities (
    provider_id uuid NOT NULL,
    issuer character varying(255) NOT NULL,
    subject character varying(255) NOT NULL,
    user_id uuid NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    CONSTRAINT sso_identities_key PRIMARY KEY (provider_id, issuer, subject),
    CONSTRAINT sso_identities_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES identity_providers (id) ON DELETE CASCADE,
    CONSTRAINT sso_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE sso_logins (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    user_id uuid NOT NULL,
    protected_refresh_token bytea,
    checked_at bigint NOT NULL,
    asking_until bigint,
    ends_at bigint,
    ended_at bigint,
    created_at bigint NOT NULL,
    CONSTRAINT sso_logins_key PRIMARY KEY (id),
    CONSTRAINT sso_logins_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES identity_providers (id) ON DELETE CASCADE,
    CONSTRAINT sso_logins_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX identity_providers_name ON identity_providers (name);
CREATE INDEX identity_providers_organization_id ON identity_providers (organization_id);
CREATE INDEX sso_domains_organization_id ON sso_domains (organization_id);
CREATE INDEX sso_domains_provider_id ON sso_domains (provider_id);
CREATE UNIQUE INDEX sso_identities_provider_id_issuer_user_id ON sso_identities (provider_id, issuer, user_id);
CREATE INDEX sso_identities_user_id ON sso_identities (user_id);
CREATE INDEX sso_logins_checked_at ON sso_logins (checked_at);
CREATE INDEX sso_logins_provider_id ON sso_logins (provider_id);
CREATE INDEX sso_logins_user_id ON sso_logins (user_id);

ALTER TABLE sessions ADD COLUMN sso_login_id uuid;
ALTER TABLE authorization_codes ADD COLUMN sso_login_id uuid;
ALTER TABLE device_requests ADD COLUMN sso_login_id uuid;
ALTER TABLE organization_members ADD COLUMN is_sso_exempt boolean NOT NULL DEFAULT false;

CREATE INDEX sessions_sso_login_id ON sessions (sso_login_id);
