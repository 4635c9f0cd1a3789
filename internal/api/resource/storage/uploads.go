package storage

import (
	"context"
	"net/http"
	"strings"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/engine"
)

// uploadPaths are where ISOs are uploaded: the path of the specification's text, and that of its operations.
var uploadPaths = []struct{ path, suffix string }{{"/virtualmachines/isos/upload", "-alias"}, {"/virtualization/isos/upload", ""}}

// addUploads serves TUS 1.0.0 beside the mux of the operations: its paths look like those of an ISO called upload.
func addUploads(s *service) {
	for _, family := range uploadPaths {
		s.Beside(frame.Tree{
			Path:    frame.Prefix + family.path,
			Public:  func(r *http.Request) bool { return r.Method == http.MethodOptions },
			Handler: func() http.Handler { return s.uploads.Handler(frame.Prefix+family.path, s.WriteError, s.uploaded) },
		})
		for _, t := range tusOperations {
			s.Describe(frame.Operation{
				ID: t.id + family.suffix, Method: t.method, Path: family.path + t.path, Summary: t.summary, Tag: "uploads", Public: t.method == http.MethodOptions,
			}, t.wire())
		}
	}
}

// uploaded shapes the ISO that an upload has become.
func (s *service) uploaded(ctx context.Context, uuid string) (any, error) {
	row, err := engine.Made[isoRow](ctx, s.Engine, "files", isoRequest(map[string]string{"uuid": uuid}))
	return row.iso(), err
}

// tusOperation is one request of the protocol, as the OpenAPI document has it.
type tusOperation struct {
	id, method, path, summary string
	headers                   []string // of the request; those with a star are required
	body                      string   // content type, if there is one
	status                    string
	replies                   []string // headers of the reply
	json                      bool     // the reply has a body
}

var tusOperations = []tusOperation{
	{
		id: "create-upload", method: http.MethodPost, summary: "Open a resumable upload (TUS 1.0.0, creation)", status: "201", json: true,
		headers: []string{"Tus-Resumable", "Upload-Length*", "Upload-Metadata*"}, replies: []string{"Location", "Upload-Offset", "Upload-Expires", "Tus-Resumable"},
	},
	{id: "list-uploads", method: http.MethodGet, summary: "List your uploads", status: "200", json: true},
	{id: "discover-uploads", method: http.MethodOptions, summary: "Tell which TUS features are supported", status: "204", replies: []string{"Tus-Version", "Tus-Extension", "Tus-Max-Size"}},
	{id: "discover-upload", method: http.MethodOptions, path: "/{id}", summary: "Tell which TUS features are supported", status: "204", replies: []string{"Tus-Version", "Tus-Extension", "Tus-Max-Size"}},
	{id: "get-upload", method: http.MethodGet, path: "/{id}", summary: "Read how far an upload is", status: "200", json: true},
	{id: "get-upload-progress", method: http.MethodGet, path: "/{id}/progress", summary: "Read how far an upload is", status: "200", json: true},
	{
		id: "get-upload-offset", method: http.MethodHead, path: "/{id}", summary: "Ask how many bytes have arrived (TUS)", status: "200",
		replies: []string{"Upload-Offset", "Upload-Length", "Upload-Expires", "Cache-Control", "Tus-Resumable"},
	},
	{
		id: "append-to-upload", method: http.MethodPatch, path: "/{id}", summary: "Append bytes (TUS)", status: "204", body: "application/offset+octet-stream",
		headers: []string{"Tus-Resumable", "Upload-Offset*"}, replies: []string{"Upload-Offset", "Upload-Expires", "Tus-Resumable"},
	},
	{id: "override-upload", method: http.MethodPost, path: "/{id}", summary: "PATCH or DELETE by X-HTTP-Method-Override (TUS)", status: "204", headers: []string{"X-HTTP-Method-Override*"}},
	{id: "cancel-upload", method: http.MethodDelete, path: "/{id}", summary: "Cancel an upload (TUS, termination)", status: "200", json: true},
	{id: "complete-upload", method: http.MethodPost, path: "/{id}/complete", summary: "Turn the upload into an ISO image; can be repeated", status: "200", json: true},
}

func (t tusOperation) wire() frame.Wire {
	w := frame.Wire{Takes: t.body}
	if t.path != "" {
		w.Params = append(w.Params, frame.Param{Name: "id", In: "path", Required: true})
	}
	for _, header := range t.headers {
		name, required := strings.CutSuffix(header, "*")
		w.Params = append(w.Params, frame.Param{Name: name, In: "header", Required: required})
	}
	reply := frame.Reply{Status: t.status, Text: "done", Headers: t.replies}
	if t.json {
		reply.Type = "application/json"
	}
	w.Replies = []frame.Reply{reply}
	return w
}
