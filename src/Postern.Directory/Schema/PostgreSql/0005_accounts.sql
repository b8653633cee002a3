-- How accounts come into being and are kept: invitations, links that are mailed, the mails themselves, the first account.
CREATE TABLE invitations (
    id uuid NOT NULL,
    organization_id character varying(26) NOT NULL,
    email character varying(256) NOT NULL,
    normalized_email character varying(256) NOT NULL,
    role character varying(32) NOT NULL,
    invited_by uuid NOT NULL,
    created_at bigint NOT NULL,
    sent_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    accepted_at bigint,
    accepted_by uuid,
    revoked_at bigint,
    is_link_shown boolean NOT NULL,
    CONSTRAINT invitations_key PRIMARY KEY (id),
    CONSTRAINT invitations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE mail_links (
    token_hash character varying(64) NOT NULL,
    purpose character varying(32) NOT NULL,
    user_id uuid,
    invitation_id uuid,
    normalized_email character varying(256) NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    CONSTRAINT mail_links_key PRIMARY KEY (token_hash),
    CONSTRAINT mail_links_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES invitations (id) ON DELETE CASCADE,
    CONSTRAINT mail_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE queued_mails (
    id uuid NOT NULL,
    kind character varying(32) NOT NULL,
    recipient character varying(256) NOT NULL,
    subject_id uuid,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    attempts integer NOT NULL,
    CONSTRAINT queued_mails_key PRIMARY KEY (id)
);

CREATE TABLE setup_codes (
    code_hash character varying(64) NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    CONSTRAINT setup_codes_key PRIMARY KEY (code_hash)
);

CREATE UNIQUE INDEX invitations_one_open ON invitations (organization_id, normalized_email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX mail_links_expires_at ON mail_links (expires_at);
CREATE INDEX mail_links_invitation_id ON mail_links (invitation_id);
CREATE INDEX mail_links_user_id ON mail_links (user_id);
CREATE INDEX queued_mails_due_at ON queued_mails (due_at);
