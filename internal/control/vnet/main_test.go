package vnet

import (
	"os"
	"testing"

	"dewpoint/internal/host/link/linktest"
	"dewpoint/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(linktest.Main(func() int { return pgtest.Run(m) })) }
