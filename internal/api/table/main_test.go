package table_test

import (
	"testing"

	"dewpoint/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
