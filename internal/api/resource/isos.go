package resource

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

var isoCodes = codes{invalid: "INVALID_REQUEST", notFound: "ISO_NOT_FOUND", inUse: "ISO_IN_USE"}

// iso is an ISO image under the names of all its clients.
type iso struct {
	ID           string            `json:"id"`
	ImageID      string            `json:"image_id"`
	Name         string            `json:"name"`
	Filename     string            `json:"filename"`
	Path         string            `json:"path" doc:"for a disk entry of a VM"`
	Size         int64             `json:"size" doc:"in bytes"`
	SizeBytes    int64             `json:"size_bytes"`
	SHA256       string            `json:"sha256_hash,omitempty" doc:"missing until it is computed"`
	Checksum     string            `json:"checksum,omitempty"`
	OSType       string            `json:"os_type,omitempty"`
	OSVariant    string            `json:"os_variant,omitempty"`
	OSVersion    string            `json:"os_version,omitempty"`
	Architecture string            `json:"architecture,omitempty"`
	Description  string            `json:"description,omitempty"`
	Public       bool              `json:"is_public"`
	UploadedBy   string            `json:"uploaded_by"`
	UploadStatus string            `json:"upload_status" enum:"completed,uploading"`
	Progress     int64             `json:"upload_progress" doc:"in percent"`
	CreatedAt    string            `json:"created_at" format:"date-time"`
	UploadedAt   string            `json:"uploaded_at" format:"date-time"`
	StoragePool  string            `json:"storage_pool"`
	PoolName     string            `json:"pool_name"`
	Source       string            `json:"source" enum:"uploaded"`
	Metadata     map[string]string `json:"metadata"`
}

type isoRow struct {
	Key         int64             `json:"$key"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Allocated   int64             `json:"allocated_bytes"`
	Arrived     int64             `json:"filesize"`
	Creator     string            `json:"creator"`
	Created     int64             `json:"created"`
	UUID        string            `json:"uuid"`
	Complete    bool              `json:"complete"`
	SHA256      string            `json:"sha256"`
	Metadata    map[string]string `json:"metadata"`
}

const isoFields = "$key,name,description,allocated_bytes,filesize,creator,created,uuid,complete,sha256,metadata"

func (row *isoRow) iso() iso {
	m := row.Metadata
	if m == nil {
		m = map[string]string{}
	}
	i := iso{
		ID: row.UUID, ImageID: row.UUID, Name: row.Name, Filename: row.Name, Path: isoPath(row.UUID, row.Name), Size: row.Allocated, SizeBytes: row.Allocated,
		SHA256: row.SHA256, Checksum: row.SHA256, OSType: m["os_type"], OSVariant: m["os_variant"], OSVersion: m["os_variant"],
		Architecture: m["architecture"], Description: row.Description, Public: true, UploadedBy: row.Creator, UploadStatus: "uploading",
		CreatedAt: stamp(row.Created), UploadedAt: stamp(row.Created), StoragePool: "default", PoolName: "default", Source: "uploaded", Metadata: m,
	}
	if row.Complete {
		i.UploadStatus, i.Progress = "completed", 100
	} else if row.Allocated > 0 {
		i.Progress = row.Arrived * 100 / row.Allocated
	}
	return i
}

type isoList struct {
	ISOs  []iso `json:"isos"`
	Count int   `json:"count"`
}

type isoDeleted struct {
	Message string `json:"message"`
	ID      string `json:"id"`
}

type registerISOInput struct {
	Body struct {
		Name string `json:"name"`
		Path string `json:"path"`
		URL  string `json:"url"`
	}
}

func addISOs(s *server) {
	op := func(id, method, path, summary string) operation {
		return operation{id: id, method: method, path: "/virtualization/isos" + path, summary: summary, tag: "isos", codes: isoCodes}
	}
	add(s, op("list-isos", http.MethodGet, "", "List ISO images"), s.listISOs)
	add(s, op("register-iso", http.MethodPost, "", "Not built: files of the host can't be registered; upload the image"),
		func(context.Context, *registerISOInput) (iso, error) {
			return iso{}, errs.New(errs.NotBuilt, "not_built", "Dewpoint doesn't take files from the host or from a URL; upload the ISO by TUS to %s/virtualization/isos/upload", Prefix)
		})
	add(s, op("get-iso", http.MethodGet, "/{id}", "Read an ISO image by its id or name"), func(ctx context.Context, in *idInput) (iso, error) {
		row, err := s.isoRow(ctx, in.ID, perm.Read)
		return row.iso(), err
	})
	add(s, op("delete-iso", http.MethodDelete, "/{id}", "Delete an ISO image"), func(ctx context.Context, in *idInput) (isoDeleted, error) {
		row, err := s.isoRow(ctx, in.ID, perm.Delete)
		if err != nil {
			return isoDeleted{}, err
		}
		return isoDeleted{Message: "ISO deleted", ID: row.UUID}, s.Engine.Delete(ctx, "files", keyText(row.Key))
	})
	addRaw(s, op("download-iso", http.MethodGet, "/{id}/download", "Download an ISO image; ranges are served"), http.HandlerFunc(s.downloadISO), func(h *huma.Operation) {
		h.Parameters = []*huma.Param{pathParam("id")}
		bytes := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
		text := map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}
		h.Responses["200"] = &huma.Response{Description: "the image", Content: bytes}
		h.Responses["206"] = &huma.Response{Description: "the bytes of the range that was asked for", Content: bytes}
		h.Responses["304"] = &huma.Response{Description: "it is what you have"}
		h.Responses["412"] = &huma.Response{Description: "the bytes are not those that If-Match or If-Unmodified-Since names"}
		h.Responses["416"] = &huma.Response{Description: "there are no such bytes, or the header Range can't be read", Content: text}
	})
}

func pathParam(name string) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}
}

func (s *server) listISOs(ctx context.Context, _ *struct{}) (isoList, error) {
	rows, err := engine.List[isoRow](ctx, s.Engine, "files", isoRequest(map[string]string{"type": "iso"}))
	list := isoList{ISOs: make([]iso, len(rows)), Count: len(rows)}
	for i := range rows {
		list.ISOs[i] = rows[i].iso()
	}
	return list, err
}

func isoRequest(equals map[string]string) query.Request {
	return query.Request{Fields: isoFields, Sort: "-$key", Equals: equals}
}

// isoRow reads the ISO that has the id as its UUID or name, for somebody with the right on it; of several with the name, the newest.
func (s *server) isoRow(ctx context.Context, id string, right perm.Right) (isoRow, error) {
	equals := map[string]string{"type": "iso", "name": id}
	if uuidText.MatchString(id) {
		equals = map[string]string{"type": "iso", "uuid": strings.ToLower(id)}
	}
	row, err := engine.One[isoRow](ctx, s.Engine, "files", isoRequest(equals), right)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "iso_not_found", "there is no ISO image %q", id)
	}
	return row, err
}

func (s *server) downloadISO(w http.ResponseWriter, r *http.Request) {
	row, err := s.isoRow(r.Context(), r.PathValue("id"), perm.Read)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	content, name, modified, err := s.Media.Open(r.Context(), row.Key)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	defer content.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	http.ServeContent(w, r, name, modified, content)
}
