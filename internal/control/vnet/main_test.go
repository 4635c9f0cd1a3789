package vnet

import (
	"os"
	"testing"

	"dewpoint/internal/host/link/linktest"
)

func TestMain(m *testing.M) { os.Exit(linktest.Main(m.Run)) }
