CREATE TABLE authenticator_apps (
    user_id uuid NOT NULL,
    protected_secret bytea NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    last_step bigint NOT NULL,
    CONSTRAINT authenticator_apps_key PRIMARY KEY (user_id),
    CONSTRAINT authenticator_apps_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE recovery_codes (
    code_hash character varying(64) NOT NULL,
    user_id uuid NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint,
    CONSTRAINT recovery_codes_key PRIMARY KEY (code_hash),
    CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE factor_attempts (
    user_id uuid NOT NULL,
    failed integer NOT NULL,
    locked_until bigint,
    CONSTRAINT factor_attempts_key PRIMARY KEY (user_id),
    CONSTRAINT factor_attempts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE used_challenges (
    hash character varying(64) NOT NULL,
    expires_at bigint NOT NULL,
    CONSTRAINT used_challenges_key PRIMARY KEY (hash)
);

CREATE INDEX recovery_codes_user_id ON recovery_codes (user_id);
CREATE INDEX used_challenges_expires_at ON used_challenges (expires_at);

ALTER TABLE sessions ADD COLUMN confirmed_at bigint;
ALTER TABLE user_passkeys ADD COLUMN last_used_at bigint;
