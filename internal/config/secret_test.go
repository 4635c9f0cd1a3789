package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	const dsn = "postgres://u:hunter2@db/x"
	c, err := Load(writeFile(t, "database = '"+dsn+"'"), environment(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Database.Reveal() != dsn {
		t.Errorf("the database is at %q", c.Database.Reveal())
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s", c, c, c, c.Database)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "config", c, "database", c.Database)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "config", c, "database", c.Database)
	if err := json.NewEncoder(&out).Encode(c); err != nil {
		t.Fatal(err)
	}
	_, err = Load(writeFile(t, ""), environment(map[string]string{"DEWPOINT_DATABASE": "mysql://u:hunter2@db/%zz"}), nil)
	if err == nil || !strings.Contains(err.Error(), "database: ") {
		t.Errorf("another kind of database gave %v", err)
	}
	fmt.Fprint(&out, err)
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("the password is in\n%s", out.String())
	}
}
