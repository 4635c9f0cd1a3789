package storage_test

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
	"dewpoint/test/rig/v1"
)

// stalled begins a chunk of an upload, sends part of it and then nothing more. It returns when the part has arrived; reply waits for the answer.
func stalled(a *v1.API, id string, part []byte) (reply func() *v1.Answer) {
	a.T.Helper()
	silence, sender := io.Pipe()
	req, err := http.NewRequest("PATCH", a.URL+"/api/v1"+v1.SpecPath+"/"+id, io.MultiReader(bytes.NewReader(part), silence))
	v1.Must(a.T, err)
	for name, value := range map[string]string{"Authorization": "Bearer " + a.Token, "Upload-Offset": "0", "Content-Type": v1.Octets} {
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
	file := filepath.Join(a.Dir, "uploads", id)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(file); err == nil && info.Size() == int64(len(part)) {
			break
		}
		if time.Now().After(deadline) {
			a.T.Fatal("the first bytes don't arrive")
		}
	}
	return func() *v1.Answer {
		a.T.Helper()
		r := <-done
		sender.Close()
		v1.Must(a.T, r.err)
		defer r.resp.Body.Close()
		raw, err := io.ReadAll(r.resp.Body)
		v1.Must(a.T, err)
		return &v1.Answer{T: a.T, What: "the running PATCH", Status: r.resp.StatusCode, Header: r.resp.Header, Body: raw}
	}
}

// changeAll writes into all rows of a table that have a value.
func changeAll(a *v1.API, table, column string, value schema.Value, set schema.Set) {
	a.T.Helper()
	a.Update(func(tx *store.Tx) error {
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
		revoke func(a, who *v1.API, key *v1.Answer)
		status int
		code   string
	}{
		"the right": {func(a, _ *v1.API, _ *v1.Answer) {
			changeAll(a, "permissions", "table", schema.TextValue("files"), schema.Set{"create": schema.BoolValue(false)})
		}, http.StatusForbidden, "FORBIDDEN"},
		"the account": {func(a, _ *v1.API, _ *v1.Answer) {
			changeAll(a, "users", "name", schema.TextValue("fred"), schema.Set{"enabled": schema.BoolValue(false)})
		}, http.StatusUnauthorized, "UNAUTHORIZED"},
		"the token": {func(_, who *v1.API, key *v1.Answer) {
			who.Delete("/auth/tokens/" + key.Text("data.token_info.id")).Want(http.StatusOK)
		}, http.StatusUnauthorized, "UNAUTHORIZED"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			a := v1.Start(t)
			who := a.Holding("fred", "files", 0, perm.Create)
			key := who.Post("/auth/tokens", `{"name":"robot"}`).Want(http.StatusOK)
			robot := who.As(key.Text("data.token"))
			part := bytes.Repeat([]byte("x"), 100_000)
			whole, id := robot.CreateUpload(v1.SpecPath, 3).Text("upload_id"), robot.CreateUpload(v1.SpecPath, 2*len(part)).Text("upload_id")
			robot.Tus("PATCH", v1.SpecPath+"/"+whole, "abc", "Upload-Offset", "0", "Content-Type", v1.Octets).Want(http.StatusNoContent)
			reply := stalled(robot, id, part)
			c.revoke(a, who, key)
			reply().Fails(c.status, c.code)
			came := strconv.Itoa(len(part))
			robot.Tus("PATCH", v1.SpecPath+"/"+id, "more", "Upload-Offset", came, "Content-Type", v1.Octets).Fails(c.status, c.code)
			robot.Tus("POST", v1.SpecPath+"/"+whole+"/complete", "").Fails(c.status, c.code)
			if r := a.Tus("HEAD", v1.SpecPath+"/"+id, ""); r.Header.Get("Upload-Offset") != came {
				t.Errorf("of %s bytes that came %q were kept", came, r.Header.Get("Upload-Offset"))
			}
			if r := a.Get("/virtualization/isos"); strings.Contains(string(r.Body), "up.iso") {
				t.Errorf("an ISO was made: %s", r.Body)
			}
		})
	}
}
