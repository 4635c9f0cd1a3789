package table_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"dewpoint/internal/backup"
	"dewpoint/internal/model"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/sqlite"
)

// pass makes the backups that are asked for, and removes those that were deleted.
func (s *server) pass() {
	s.t.Helper()
	if err := s.backups.Reconcile(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func TestBackupIsMadeDownloadedRestoredAndDeleted(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("clusters", `{"name":"precious"}`)
	key := s.make("database_backups", `{}`)
	at := "/api/v4/database_backups/" + key
	same(t, "asked for", `{"status":"queued","bytes":0}`, s.get(at+"?fields=status,bytes").body)
	s.get(at+"?download=1").failed(t, 409)
	s.pass()
	row := s.get(at+"?fields=name,status,bytes,sha256,path,sealed").must(t, 200).object(t)
	file := filepath.Join(s.dir, fmt.Sprint(row["path"]))
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || fmt.Sprint(info.Size()) != fmt.Sprint(row["bytes"]) || row["status"] != "complete" || row["sealed"] != false ||
		!strings.HasSuffix(fmt.Sprint(row["name"]), "UTC") {
		t.Fatalf("%v: %v, %v", row, info, err)
	}
	if folder, err := os.Stat(filepath.Dir(file)); err != nil || folder.Mode().Perm() != 0o700 || filepath.Base(filepath.Dir(file)) != "backups" {
		t.Errorf("%s is %v, %v", filepath.Dir(file), folder.Mode(), err)
	}
	whole := s.get(at+"?download=1").must(t, 200)
	if sum := sha256.Sum256([]byte(whole.body)); hex.EncodeToString(sum[:]) != row["sha256"] {
		t.Errorf("the bytes have another digest than %v", row["sha256"])
	}
	part := s.send("GET", at+"?download=1", nil, admin, header("Range", "bytes=0-15"), admin).must(t, 206)
	same(t, "the range", whole.body[:16], part.body)
	s.send("HEAD", at+"?download=1", nil).must(t, 200)
	line := `{"level":"audit","text":"downloaded Database backup \"` + fmt.Sprint(row["name"]) + `\"","user":"admin"}`
	same(t, "the log", "["+line+","+line+"]", s.get("/api/v4/logs?fields=level,text,user&filter=text%20bw%20%27downloaded%27").body)
	if got := whole.header.Get("Content-Disposition"); !strings.Contains(got, filepath.Base(file)) {
		t.Errorf("saved as %s", got)
	}
	clusters := restored(t, whole.body)
	same(t, "rows of the restored database", "precious", strings.Join(clusters, " "))
	s.put(at, `{"name":"monday","path":"../../etc/passwd","status":"queued"}`).must(t, 200)
	same(t, "only the name is the client's", `{"name":"monday","status":"complete"}`, s.get(at+"?fields=name,status").body)
	s.send("DELETE", at, nil).must(t, 200)
	s.get(at+"?download=1").failed(t, 404)
	s.pass()
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
}

// TestAKeyWithBoundsDownloadsNoOpenBackup: what is in it would let anybody in, without bounds.
func TestAKeyWithBoundsDownloadsNoOpenBackup(t *testing.T) {
	t.Parallel()
	s := start(t)
	key := s.make("database_backups", `{}`)
	s.pass()
	at := "/api/v4/database_backups/" + key + "?download=1"
	token := func(body string) func(*http.Request) {
		made := s.post("/api/v4/user_api_keys", body).must(t, 201).object(t)
		return header("Authorization", "Bearer "+fmt.Sprint(made["key"]))
	}
	bounded := token(`{"name":"a","expires":4000000000}`)
	s.send("GET", at, nil, bounded).failed(t, 403)
	s.send("GET", at, nil, token(`{"name":"b","ip_deny_list":"198.51.100.1"}`)).failed(t, 403)
	s.send("GET", at, nil, token(`{"name":"c","expires_type":"never"}`)).must(t, 200)
	number, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	s.write("database_backups", number, schema.Set{"sealed": schema.BoolValue(true)})
	s.send("GET", at, nil, bounded).must(t, 200)
}

// restored brings the bytes of a backup into a new directory and returns the names of its clusters.
func restored(t *testing.T, content string) (names []string) {
	t.Helper()
	from, to := filepath.Join(t.TempDir(), "b"), t.TempDir()
	if err := os.WriteFile(from, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (backup.Place{Dir: to, Version: "test"}).Restore(t.Context(), from, ""); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(to, "dewpoint.db"), model.Schema())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(t.Context(), func(tx *store.Tx) error {
		rows, err := store.FindRows[cluster.Cluster](tx)
		for _, row := range rows {
			names = append(names, row.Name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestBackupsAreForAdministrators gives somebody all rights on everything, and on the backups by name.
func TestBackupsAreForAdministrators(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.system()
	key := s.make("database_backups", `{}`)
	s.pass()
	s.make("users", `{"name":"ann","password":"a long pass phrase"}`)
	ann := basic("ann", "a long pass phrase")
	identity := s.get("/api/v4/users/2?fields=identity").object(t)["identity"].(json.Number)
	for _, on := range []string{`"table":"/"`, `"table":"database_backups"`, `"table":"database_backups","row":` + key, `"table":"system"`} {
		s.make("permissions", `{"identity":`+identity.String()+`,`+on+`,"list":true,"read":true,"create":true,"modify":true,"delete":true}`)
	}
	at := "/api/v4/database_backups"
	s.send("GET", "/api/v4/vms", nil, ann).must(t, 200)
	same(t, "the list", "[]", s.send("GET", at, nil, ann).must(t, 200).body)
	s.send("GET", at+"/"+key, nil, ann).failed(t, 404)
	s.send("GET", at+"/"+key+"?download=1", nil, ann).failed(t, 404)
	s.send("PUT", at+"/"+key, strings.NewReader(`{"name":"x"}`), ann).failed(t, 404)
	s.send("DELETE", at+"/"+key, nil, ann).failed(t, 404)
	s.send("POST", at, strings.NewReader(`{}`), ann).failed(t, 403)
	s.send("POST", "/api/v4/system_actions", strings.NewReader(`{"system":1,"action":"backup"}`), ann).failed(t, 403)
	same(t, "the administrator's list", `[{"$key":`+key+`,"status":"complete"}]`, s.get(at+"?fields=$key,status").body)
	can := s.send("POST", "/api/sys/can", strings.NewReader(`{"objects":["database_backups"]}`), ann).must(t, 200).body
	if strings.Contains(can, "true") {
		t.Errorf("somebody else is told that they may: %s", can)
	}
}

// TestScheduledBackupsAreKeptInNumber has a task make five, of which two are to be left. One that a person asked for doesn't count.
func TestScheduledBackupsAreKeptInNumber(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.system()
	mine := s.make("database_backups", `{"name":"mine"}`)
	task := s.make("tasks", `{"name":"nightly","owner":"system/1","action":"backup","settings_args":{"keep":2}}`)
	for range 2 { // while the first isn't done, it is the answer
		s.post("/api/v4/tasks/"+task+"/execute", "").must(t, 201)
	}
	for range 4 {
		s.pass()
		s.post("/api/v4/tasks/"+task+"/execute", "").must(t, 201)
	}
	s.pass()
	s.pass() // removes the files
	same(t, "left", `[{"$key":`+mine+`,"scheduled":false},{"$key":5,"scheduled":true},{"$key":6,"scheduled":true}]`,
		s.get("/api/v4/database_backups?fields=$key,scheduled").body)
	files, err := os.ReadDir(filepath.Join(s.dir, "backups"))
	if err != nil || len(files) != 3 {
		t.Errorf("%d files are left: %v", len(files), err)
	}
}

// system makes the row of the system, which the host's controller makes else.
func (s *server) system() {
	s.t.Helper()
	if err := s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		if found, err := tx.Find("system"); err != nil || len(found) > 0 {
			return err
		}
		_, err := tx.Create(schema.NewRecord(tx.Schema().Table("system")), nil)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
}
