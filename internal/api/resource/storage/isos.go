package storage

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

var isoCodes = frame.Codes{Invalid: "INVALID_REQUEST", NotFound: "ISO_NOT_FOUND", InUse: "ISO_IN_USE"}

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
	MD5          string            `json:"md5_hash,omitempty" doc:"missing until it is computed"`
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
	LastUsed     *string           `json:"last_used,omitempty" format:"date-time" doc:"when a VM with it was last started; missing if never"`
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
	MD5         string            `json:"md5"`
	LastUsed    *int64            `json:"last_used"`
	Metadata    map[string]string `json:"metadata"`
}

const isoFields = "$key,name,description,allocated_bytes,filesize,creator,created,uuid,complete,sha256,md5,last_used,metadata"

func (row *isoRow) iso() iso {
	m := row.Metadata
	if m == nil {
		m = map[string]string{}
	}
	i := iso{
		ID: row.UUID, ImageID: row.UUID, Name: row.Name, Filename: row.Name, Path: shape.ISOPath(row.UUID, row.Name), Size: row.Allocated, SizeBytes: row.Allocated,
		SHA256: row.SHA256, MD5: row.MD5, LastUsed: shape.StampOrNil(row.LastUsed), Checksum: row.SHA256, OSType: m["os_type"], OSVariant: m["os_variant"], OSVersion: m["os_variant"],
		Architecture: m["architecture"], Description: row.Description, Public: true, UploadedBy: row.Creator, UploadStatus: "uploading",
		CreatedAt: shape.Stamp(row.Created), UploadedAt: shape.Stamp(row.Created), StoragePool: "default", PoolName: "default", Source: "uploaded", Metadata: m,
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
		_    struct{} `additionalProperties:"true"` // whatever is wanted, it isn't built
		Name string   `json:"name"`
		Path string   `json:"path"`
		URL  string   `json:"url"`
	}
}

func addISOs(s *service) {
	op := func(id, method, path, summary string) frame.Operation {
		return frame.Operation{ID: id, Method: method, Path: "/virtualization/isos" + path, Summary: summary, Tag: "isos", Codes: isoCodes}
	}
	frame.Add(s.Server, op("list-isos", http.MethodGet, "", "List ISO images"), s.listISOs)
	frame.Add(s.Server, op("register-iso", http.MethodPost, "", "Not supported: files of the host can't be registered; upload the image"),
		func(context.Context, *registerISOInput) (iso, error) {
			return iso{}, errs.New(errs.NotBuilt, "not_built", "Dewpoint doesn't load files from the host or from a URL; upload the ISO by TUS to %s/virtualization/isos/upload", frame.Prefix)
		})
	frame.Add(s.Server, op("get-iso", http.MethodGet, "/{id}", "Read an ISO image by its id or name"), func(ctx context.Context, in *frame.ByID) (iso, error) {
		row, err := s.isoRow(ctx, in.ID, perm.Read)
		return row.iso(), err
	})
	frame.Add(s.Server, op("delete-iso", http.MethodDelete, "/{id}", "Delete an ISO image"), func(ctx context.Context, in *frame.ByID) (isoDeleted, error) {
		row, err := s.isoRow(ctx, in.ID, perm.Delete)
		if err != nil {
			return isoDeleted{}, err
		}
		return isoDeleted{Message: "ISO deleted", ID: row.UUID}, s.Engine.Delete(ctx, "files", shape.Key(row.Key))
	})
	s.Handle(op("download-iso", http.MethodGet, "/{id}/download", "Download an ISO image; ranges are served"), http.HandlerFunc(s.downloadISO), frame.Wire{
		Params: []frame.Param{{Name: "id", In: "path", Required: true}},
		Replies: []frame.Reply{
			{Status: "200", Text: "the image", Type: "application/octet-stream"},
			{Status: "206", Text: "the bytes of the requested range", Type: "application/octet-stream"},
			{Status: "304", Text: "your copy is current"},
			{Status: "412", Text: "the file has changed since the version in If-Match or If-Unmodified-Since"},
			{Status: "416", Text: "the range is outside the file, or the header Range can't be read", Type: "text/plain"},
		},
	})
}

func (s *service) listISOs(ctx context.Context, _ *struct{}) (isoList, error) {
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
func (s *service) isoRow(ctx context.Context, id string, right perm.Right) (isoRow, error) {
	equals := map[string]string{"type": "iso", "name": id}
	if shape.UUID.MatchString(id) {
		equals = map[string]string{"type": "iso", "uuid": strings.ToLower(id)}
	}
	row, err := engine.One[isoRow](ctx, s.Engine, "files", isoRequest(equals), right)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "iso_not_found", "there is no ISO image %q", id)
	}
	return row, err
}

func (s *service) downloadISO(w http.ResponseWriter, r *http.Request) {
	row, err := s.isoRow(r.Context(), r.PathValue("id"), perm.Read)
	if err != nil {
		s.WriteError(w, r, err)
		return
	}
	content, name, modified, err := s.media.Open(r.Context(), row.Key)
	if err != nil {
		s.WriteError(w, r, err)
		return
	}
	defer content.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	http.ServeContent(w, r, name, modified, content)
}
