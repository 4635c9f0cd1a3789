package postgres

import (
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// AttachByOne is Attach with a single connection for looking rows up.
func AttachByOne(dsn string, s *schema.Schema) (*store.DB, error) {
	config, err := configure(dsn)
	if err != nil {
		return nil, err
	}
	c := pools(config, s)
	c.Read.SetMaxOpenConns(1)
	return store.Attach(c), nil
}
