package vnet

import (
	"flag"
	"os"
	"testing"

	"dewpoint/internal/host/link/linktest"
)

var update = flag.Bool("update", false, "redraw the golden files")

func TestMain(m *testing.M) { os.Exit(linktest.Main(m.Run)) }
