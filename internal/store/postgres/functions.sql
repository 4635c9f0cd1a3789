-- The functions that rendered queries use and PostgreSQL lacks. They answer as SQLite does; each start of a server makes them anew.

-- json is a JSON document as it stands, the word null for what is none. It isn't called for null: catching errors costs more than the rest of a row.
CREATE OR REPLACE FUNCTION dewpoint_json(document text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
	PERFORM document::json;
	RETURN document;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
	RETURN 'null';
END
$$;

-- real has a point in every number; with extra_float_digits 1 it has the fewest digits that make the same number again.
CREATE OR REPLACE FUNCTION dewpoint_real(number float8) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT regexp_replace(number::text, '^(-?[0-9]+)(e|$)', '\1.0\2')
$$;

-- number is a key as a number, null for a text that isn't one.
CREATE OR REPLACE FUNCTION dewpoint_number(key text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN key ~ '^[0-9]{1,18}$' THEN key::bigint END
$$;

-- datetime is a second since 1970 in UTC, null outside the years 0 to 9999. PostgreSQL has no year 0; the calendar repeats after 400.
CREATE OR REPLACE FUNCTION dewpoint_datetime(second bigint) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE
		WHEN second BETWEEN -62135596800 AND 253402300799
			THEN to_char(to_timestamp(second) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
		WHEN second BETWEEN -62167219200 AND -62135596801
			THEN '0000' || to_char(to_timestamp(second + 12622780800) AT TIME ZONE 'UTC', '-MM-DD HH24:MI:SS')
	END
$$;

CREATE OR REPLACE FUNCTION dewpoint_diskspace(bytes bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN bytes < 1024 THEN bytes || ' B'
		ELSE (
			SELECT (bytes / size) || '.' || lpad((bytes % size * 100 / size)::text, 2, '0') || ' ' || unit
			FROM (VALUES (1 << 10, 'KB'), (1 << 20, 'MB'), (1 << 30, 'GB'), (1::bigint << 40, 'TB'), (1::bigint << 50, 'PB')) units (size, unit)
			WHERE size <= bytes ORDER BY size DESC LIMIT 1
		)
	END
$$;
