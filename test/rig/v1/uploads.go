package v1

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// The paths of uploads, and the content type of their chunks.
const (
	SeedPath = "/virtualmachines/isos/upload"
	SpecPath = "/virtualization/isos/upload"
	Octets   = "application/offset+octet-stream"
)

// Tus sends a request of the protocol to a path below one of the prefixes.
func (a *API) Tus(method, path, body string, headers ...string) *Answer {
	a.T.Helper()
	req, err := http.NewRequest(method, a.URL+"/api/v1"+path, strings.NewReader(body))
	Must(a.T, err)
	if a.Token != "" {
		req.Header.Set("Authorization", "Bearer "+a.Token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return a.Send(req)
}

// CreateUpload opens an upload of up.iso.
func (a *API) CreateUpload(path string, size int) *Answer {
	a.T.Helper()
	meta := "filename " + base64.StdEncoding.EncodeToString([]byte("up.iso")) + ",os_type " + base64.StdEncoding.EncodeToString([]byte("linux")) +
		",description " + base64.StdEncoding.EncodeToString([]byte("a test"))
	return a.Tus("POST", path, "", "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(size), "Upload-Metadata", meta)
}
