-- Wrong passwords by what was typed or by browser; codes of second factors by browser; the network that a device asks from.
CREATE TABLE sign_in_counts (
    name_hash character varying(64) NOT NULL,
    failed integer NOT NULL,
    ends_at bigint NOT NULL,
    CONSTRAINT sign_in_counts_key PRIMARY KEY (name_hash)
);

CREATE INDEX sign_in_counts_ends_at ON sign_in_counts (ends_at);

ALTER TABLE factor_attempts ADD COLUMN browser character varying(64) NOT NULL DEFAULT '';

ALTER TABLE factor_attempts DROP CONSTRAINT factor_attempts_key;

ALTER TABLE factor_attempts ADD CONSTRAINT factor_attempts_key PRIMARY KEY (user_id, browser);

ALTER TABLE device_requests ADD COLUMN network character varying(64);
