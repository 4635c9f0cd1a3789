package resource_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// tus sends a request of the protocol to a path below one of the prefixes.
func (a *api) tus(method, path, body string, headers ...string) *answer {
	a.t.Helper()
	req, err := http.NewRequest(method, a.URL+"/api/v1"+path, strings.NewReader(body))
	must(a.t, err)
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return a.send(req)
}

const (
	seedPath = "/virtualmachines/isos/upload"
	specPath = "/virtualization/isos/upload"
	octets   = "application/offset+octet-stream"
)

func (a *api) createUpload(path string, size int) *answer {
	a.t.Helper()
	meta := "filename " + base64.StdEncoding.EncodeToString([]byte("up.iso")) + ",os_type " + base64.StdEncoding.EncodeToString([]byte("linux")) +
		",description " + base64.StdEncoding.EncodeToString([]byte("a test"))
	return a.tus("POST", path, "", "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(size), "Upload-Metadata", meta)
}

// An upload that began under one prefix goes on under the other, and becomes an ISO.
func TestUploadBecomesISO(t *testing.T) {
	t.Parallel()
	a := start(t)
	for _, c := range []struct{ first, second string }{{seedPath, specPath}, {specPath, seedPath}} {
		made := a.createUpload(c.first, 10).want(http.StatusCreated)
		id := made.text("upload_id")
		if want := a.URL + "/api/v1" + c.first + "/" + id; made.Header.Get("Location") != want {
			t.Errorf("Location %q, want %q", made.Header.Get("Location"), want)
		}
		a.tus("PATCH", c.second+"/"+id, "01234", "Upload-Offset", "0", "Content-Type", octets).want(http.StatusNoContent)
		a.tus("PATCH", c.first+"/"+id, "x", "Upload-Offset", "3", "Content-Type", octets).fails(http.StatusConflict, "OFFSET_MISMATCH")
		a.tus("POST", c.first+"/"+id+"/complete", "").fails(http.StatusBadRequest, "UPLOAD_NOT_COMPLETE")
		a.tus("PATCH", c.first+"/"+id, "56789", "Upload-Offset", "5", "Content-Type", octets).want(http.StatusNoContent)
		for range 2 {
			a.tus("POST", c.second+"/"+id+"/complete", "{}").want(http.StatusOK).check(map[string]string{
				"upload_id": id, "data.upload_id": id, "iso.id": id, "data.iso.image_id": id, "data.iso.name": "up.iso", "data.iso.filename": "up.iso",
				"data.iso.size": "10", "data.iso.size_bytes": "10", "data.iso.os_type": "linux", "data.iso.description": "a test", "data.iso.upload_status": "completed",
				"data.iso.uploaded_by": "admin", "data.iso.pool_name": "default",
			})
		}
		if r := a.get("/virtualization/isos/" + id + "/download"); string(r.Body) != "0123456789" || !strings.Contains(r.Header.Get("Content-Disposition"), "up.iso") {
			t.Errorf("download: %q, %v", r.Body, r.Header)
		}
		part := a.tus("GET", "/virtualization/isos/"+id+"/download?token="+a.token, "", "Range", "bytes=2-4")
		if part.Status != http.StatusPartialContent || string(part.Body) != "234" {
			t.Errorf("range: status %d, %q", part.Status, part.Body)
		}
	}
	a.get("/virtualization/isos").want(http.StatusOK).check(map[string]string{"data.count": "2", "data.isos.0.name": "up.iso"})
	a.get("/virtualization/isos/up.iso").want(http.StatusOK)
}

func TestUploadErrors(t *testing.T) {
	t.Parallel()
	a := start(t)
	id := a.createUpload(specPath, 10).text("upload_id")
	a.as("").createUpload(specPath, 1).fails(http.StatusUnauthorized, "UNAUTHORIZED")
	if r := a.as("").tus("OPTIONS", seedPath, ""); r.Status != http.StatusNoContent || r.Header.Get("Tus-Version") != "1.0.0" {
		t.Errorf("OPTIONS: status %d, %v", r.Status, r.Header)
	}
	a.createUpload(specPath, 10<<30+1).fails(http.StatusRequestEntityTooLarge, "FILE_TOO_LARGE")
	a.tus("POST", specPath, "").fails(http.StatusBadRequest, "MISSING_UPLOAD_LENGTH")
	a.tus("POST", specPath, "", "Upload-Length", "1").fails(http.StatusBadRequest, "MISSING_FILENAME")
	a.tus("POST", specPath, "", "Upload-Length", "1", "Upload-Metadata", "filename eA==").fails(http.StatusBadRequest, "UNSUPPORTED_FILE_TYPE")
	a.tus("PATCH", specPath+"/"+id, "x", "Upload-Offset", "0", "Content-Type", "text/plain").fails(http.StatusBadRequest, "INVALID_CONTENT_TYPE")
	a.tus("PATCH", specPath+"/"+id, "x", "Upload-Offset", "0", "Content-Type", octets, "Tus-Resumable", "9").fails(http.StatusPreconditionFailed, "UNSUPPORTED_TUS_VERSION")
	a.tus("PATCH", specPath+"/"+id, strings.Repeat("x", 11), "Upload-Offset", "0", "Content-Type", octets).fails(http.StatusRequestEntityTooLarge, "FILE_TOO_LARGE")
	a.tus("GET", specPath+"/nowhere", "").fails(http.StatusNotFound, "UPLOAD_NOT_FOUND")
	a.tus("PUT", specPath+"/"+id, "").fails(http.StatusNotFound, "NOT_FOUND")
	a.tus("POST", specPath+"/"+id, "").fails(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	a.tus("DELETE", specPath+"/"+id, "").want(http.StatusOK).check(map[string]string{"upload_id": id})
}

// A body beyond the limit is refused before it is read.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	a := start(t)
	req, err := http.NewRequest(http.MethodPost, a.URL+"/api/v1/auth/login", io.LimitReader(endless{}, 2<<20))
	must(t, err)
	a.send(req).fails(http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
