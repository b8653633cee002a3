-- API tokens that may do less than their account, and accounts of machines.
ALTER TABLE api_tokens ADD COLUMN project_id character varying(22);

ALTER TABLE api_tokens ADD COLUMN is_read_only boolean NOT NULL DEFAULT false;

CREATE TABLE machine_users (
    user_id uuid NOT NULL,
    organization_id character varying(26) NOT NULL,
    owner_id uuid NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT machine_users_key PRIMARY KEY (user_id),
    CONSTRAINT machine_users_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT machine_users_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX machine_users_organization_id ON machine_users (organization_id);
