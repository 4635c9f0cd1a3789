package config_test

import (
	"os"
	"testing"

	"dewpoint/internal/config"
)

func TestForget(t *testing.T) {
	t.Setenv("DEWPOINT_ADMIN_PASSWORD", "hunter2")
	t.Setenv("OTHER", "stays")
	if err := config.Forget(); err != nil {
		t.Fatal(err)
	}
	if v, there := os.LookupEnv("DEWPOINT_ADMIN_PASSWORD"); there || os.Getenv("OTHER") != "stays" {
		t.Errorf("the password is %q, the other variable %q", v, os.Getenv("OTHER"))
	}
}
