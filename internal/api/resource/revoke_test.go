package resource_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// stalled begins a chunk of an upload, sends part of it and then nothing more. It returns when the part has arrived; reply waits for the answer.
func (a *api) stalled(id string, part []byte) (reply func() *answer) {
	a.t.Helper()
	silence, sender := io.Pipe()
	req, err := http.NewRequest("PATCH", a.URL+"/api/v1"+specPath+"/"+id, io.MultiReader(bytes.NewReader(part), silence))
	must(a.t, err)
	for name, value := range map[string]string{"Authorization": "Bearer " + a.token, "Upload-Offset": "0", "Content-Type": octets} {
		req.Header.Set(name, value)
	}
	type result struct {
		resp *http.Response
		err  error
	}
	done := make(chan result, 1)
	go func() {
		resp, err := a.Client().Do(req)
		done <- result{resp, err}
	}()
	file := filepath.Join(a.dir, "uploads", id)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(file); err == nil && info.Size() == int64(len(part)) {
			break
		}
		if time.Now().After(deadline) {
			a.t.Fatal("the first bytes don't arrive")
		}
	}
	return func() *answer {
		a.t.Helper()
		r := <-done
		sender.Close()
		must(a.t, r.err)
		defer r.resp.Body.Close()
		raw, err := io.ReadAll(r.resp.Body)
		must(a.t, err)
		return &answer{t: a.t, what: "the running PATCH", Status: r.resp.StatusCode, Header: r.resp.Header, Body: raw}
	}
}

// changeAll writes into all rows of a table that have a value.
func (a *api) changeAll(table, column string, value schema.Value, set schema.Set) {
	a.t.Helper()
	a.update(func(tx *store.Tx) error {
		rows, err := tx.Find(table, store.Eq(column, value))
		for _, r := range rows {
			if err == nil {
				err = tx.Change(table, r.Key, set)
			}
		}
		return err
	})
}

// Who loses a right, the account or the token is cut off in the middle of a chunk, and neither sends another one nor makes the upload an ISO.
func TestRevokedWhileUploading(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		revoke func(a, who *api, key *answer)
		status int
		code   string
	}{
		"the right": {func(a, _ *api, _ *answer) {
			a.changeAll("permissions", "table", schema.TextValue("files"), schema.Set{"create": schema.BoolValue(false)})
		}, http.StatusForbidden, "FORBIDDEN"},
		"the account": {func(a, _ *api, _ *answer) {
			a.changeAll("users", "name", schema.TextValue("fred"), schema.Set{"enabled": schema.BoolValue(false)})
		}, http.StatusUnauthorized, "UNAUTHORIZED"},
		"the token": {func(_, who *api, key *answer) {
			who.delete("/auth/tokens/" + key.text("data.token_info.id")).want(http.StatusOK)
		}, http.StatusUnauthorized, "UNAUTHORIZED"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			a := start(t)
			who := a.holding("fred", "files", 0, perm.Create)
			key := who.post("/auth/tokens", `{"name":"robot"}`).want(http.StatusOK)
			robot := who.as(key.text("data.token"))
			part := bytes.Repeat([]byte("x"), 100_000)
			whole, id := robot.createUpload(specPath, 3).text("upload_id"), robot.createUpload(specPath, 2*len(part)).text("upload_id")
			robot.tus("PATCH", specPath+"/"+whole, "abc", "Upload-Offset", "0", "Content-Type", octets).want(http.StatusNoContent)
			reply := robot.stalled(id, part)
			c.revoke(a, who, key)
			reply().fails(c.status, c.code)
			came := strconv.Itoa(len(part))
			robot.tus("PATCH", specPath+"/"+id, "more", "Upload-Offset", came, "Content-Type", octets).fails(c.status, c.code)
			robot.tus("POST", specPath+"/"+whole+"/complete", "").fails(c.status, c.code)
			if r := a.tus("HEAD", specPath+"/"+id, ""); r.Header.Get("Upload-Offset") != came {
				t.Errorf("of %s bytes that came %q were kept", came, r.Header.Get("Upload-Offset"))
			}
			if r := a.get("/virtualization/isos"); strings.Contains(string(r.Body), "up.iso") {
				t.Errorf("an ISO was made: %s", r.Body)
			}
		})
	}
}
