-- Requests of programs without a browser (RFC 8628).
CREATE TABLE device_requests (
    device_code_hash character varying(64) NOT NULL,
    user_code_hash character varying(64) NOT NULL,
    requester character varying(255) NOT NULL,
    purpose character varying(255) NOT NULL,
    scope character varying(255) NOT NULL,
    required_amr character varying(255) NOT NULL,
    max_age_seconds integer,
    address character varying(64),
    user_agent character varying(255),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    interval_seconds integer NOT NULL,
    polled_at bigint,
    decided_at bigint,
    is_approved boolean NOT NULL,
    user_id uuid,
    amr character varying(255) NOT NULL,
    auth_time bigint,
    used_at bigint,
    session_id uuid,
    CONSTRAINT device_requests_key PRIMARY KEY (device_code_hash),
    CONSTRAINT device_requests_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT device_requests_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX device_requests_expires_at ON device_requests (expires_at);
CREATE INDEX device_requests_session_id ON device_requests (session_id);
CREATE UNIQUE INDEX device_requests_user_code_hash ON device_requests (user_code_hash);
CREATE INDEX device_requests_user_id ON device_requests (user_id);
