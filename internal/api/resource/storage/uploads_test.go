package storage_test

import (
	"net/http"
	"strings"
	"testing"

	"dewpoint/test/rig/v1"
)

// An upload that began under one prefix goes on under the other, and becomes an ISO.
func TestUploadBecomesISO(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	for _, c := range []struct{ first, second string }{{v1.SeedPath, v1.SpecPath}, {v1.SpecPath, v1.SeedPath}} {
		made := a.CreateUpload(c.first, 10).Want(http.StatusCreated)
		id := made.Text("upload_id")
		if want := a.URL + "/api/v1" + c.first + "/" + id; made.Header.Get("Location") != want {
			t.Errorf("Location %q, want %q", made.Header.Get("Location"), want)
		}
		a.Tus("PATCH", c.second+"/"+id, "01234", "Upload-Offset", "0", "Content-Type", v1.Octets).Want(http.StatusNoContent)
		a.Tus("PATCH", c.first+"/"+id, "x", "Upload-Offset", "3", "Content-Type", v1.Octets).Fails(http.StatusConflict, "OFFSET_MISMATCH")
		a.Tus("POST", c.first+"/"+id+"/complete", "").Fails(http.StatusBadRequest, "UPLOAD_NOT_COMPLETE")
		a.Tus("PATCH", c.first+"/"+id, "56789", "Upload-Offset", "5", "Content-Type", v1.Octets).Want(http.StatusNoContent)
		a.Tus("GET", c.first+"/"+id, "").Check(map[string]string{"status": "in_progress", "progress": "100.00%"}) // there is no ISO yet
		for range 2 {
			a.Tus("POST", c.second+"/"+id+"/complete", "{}").Want(http.StatusOK).Check(map[string]string{
				"upload_id": id, "data.upload_id": id, "iso.id": id, "data.iso.image_id": id, "data.iso.name": "up.iso", "data.iso.filename": "up.iso",
				"data.iso.size": "10", "data.iso.size_bytes": "10", "data.iso.os_type": "linux", "data.iso.description": "a test", "data.iso.upload_status": "completed",
				"data.iso.uploaded_by": "admin", "data.iso.pool_name": "default",
			})
		}
		if r := a.Get("/virtualization/isos/" + id + "/download"); string(r.Body) != "0123456789" || !strings.Contains(r.Header.Get("Content-Disposition"), "up.iso") {
			t.Errorf("download: %q, %v", r.Body, r.Header)
		}
		part := a.Tus("GET", "/virtualization/isos/"+id+"/download?token="+a.Token, "", "Range", "bytes=2-4")
		if part.Status != http.StatusPartialContent || string(part.Body) != "234" {
			t.Errorf("range: status %d, %q", part.Status, part.Body)
		}
	}
	a.Get("/virtualization/isos").Want(http.StatusOK).Check(map[string]string{"data.count": "2", "data.isos.0.name": "up.iso"})
	a.Get("/virtualization/isos/up.iso").Want(http.StatusOK)
}

func TestUploadErrors(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	id := a.CreateUpload(v1.SpecPath, 10).Text("upload_id")
	a.As("").CreateUpload(v1.SpecPath, 1).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	if r := a.As("").Tus("OPTIONS", v1.SeedPath, ""); r.Status != http.StatusNoContent || r.Header.Get("Tus-Version") != "1.0.0" {
		t.Errorf("OPTIONS: status %d, %v", r.Status, r.Header)
	}
	a.CreateUpload(v1.SpecPath, 10<<30+1).Fails(http.StatusRequestEntityTooLarge, "FILE_TOO_LARGE")
	a.Tus("POST", v1.SpecPath, "").Fails(http.StatusBadRequest, "MISSING_UPLOAD_LENGTH")
	a.Tus("POST", v1.SpecPath, "", "Upload-Length", "1").Fails(http.StatusBadRequest, "MISSING_FILENAME")
	a.Tus("POST", v1.SpecPath, "", "Upload-Length", "1", "Upload-Metadata", "filename eA==").Fails(http.StatusBadRequest, "UNSUPPORTED_FILE_TYPE")
	a.Tus("PATCH", v1.SpecPath+"/"+id, "x", "Upload-Offset", "0", "Content-Type", "text/plain").Fails(http.StatusUnsupportedMediaType, "INVALID_CONTENT_TYPE")
	a.Tus("PATCH", v1.SpecPath+"/"+id, "x", "Upload-Offset", "0", "Content-Type", v1.Octets, "Tus-Resumable", "9").Fails(http.StatusPreconditionFailed, "UNSUPPORTED_TUS_VERSION")
	a.Tus("PATCH", v1.SpecPath+"/"+id, strings.Repeat("x", 11), "Upload-Offset", "0", "Content-Type", v1.Octets).Fails(http.StatusRequestEntityTooLarge, "FILE_TOO_LARGE")
	a.Tus("GET", v1.SpecPath+"/nowhere", "").Fails(http.StatusNotFound, "UPLOAD_NOT_FOUND")
	a.Tus("PUT", v1.SpecPath+"/"+id, "").Fails(http.StatusNotFound, "NOT_FOUND")
	a.Tus("POST", v1.SpecPath+"/"+id, "").Fails(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	a.Tus("DELETE", v1.SpecPath+"/"+id, "").Want(http.StatusOK).Check(map[string]string{"upload_id": id})
}

// An ISO tells when a VM with it was last started.
func TestLastUse(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	if used := a.Get("/virtualization/isos/box.iso").Want(http.StatusOK).At("data.last_used"); used != nil {
		t.Errorf("before the first start it was last used at %v", used)
	}
	a.Post("/virtualization/computes/box/start", "{}").Want(http.StatusOK)
	if used := a.Get("/virtualization/isos/box.iso").Text("data.last_used"); used == "" {
		t.Error("after a start it wasn't used")
	}
}
