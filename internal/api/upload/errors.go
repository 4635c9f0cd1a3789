package upload

import (
	"bytes"
	"net/http"

	"dewpoint/internal/errs"
)

// tusErrors turns tusd's codes into ours, which are the contract's in small letters.
var tusErrors = map[string]*errs.Error{
	"ERR_UNSUPPORTED_VERSION":   errs.New(errs.Malformed, "unsupported_tus_version", "Tus-Resumable must be 1.0.0"),
	"ERR_MAX_SIZE_EXCEEDED":     tooLarge,
	"ERR_UPLOAD_SIZE_EXCEEDED":  errs.New(errs.TooLarge, "file_too_large", "the chunk goes beyond the end of the upload; the bytes after the end are refused"),
	"ERR_INVALID_CONTENT_TYPE":  errs.New(errs.Malformed, "invalid_content_type", "Content-Type must be application/offset+octet-stream"),
	"ERR_INVALID_UPLOAD_LENGTH": errs.New(errs.Malformed, "invalid_upload_length", "Upload-Length must be a number of bytes and can't change later"),
	"ERR_INVALID_OFFSET":        errs.New(errs.Malformed, "invalid_upload_offset", "Upload-Offset must be a number of bytes"),
	"ERR_UPLOAD_NOT_FOUND":      errs.New(errs.NotFound, "upload_not_found", "there is no such upload"),
	"ERR_MISMATCHED_OFFSET":     errs.New(errs.Conflict, "offset_mismatch", "Upload-Offset isn't the number of bytes received so far; use HEAD to see it"),
	"ERR_NOT_IMPLEMENTED":       errs.New(errs.NotBuilt, "not_built", "uploads without a length aren't supported; send Upload-Length"),
	"ERR_UPLOAD_LOCKED":         busy,
	"ERR_LOCK_TIMEOUT":          busy,
	"ERR_UPLOAD_INTERRUPTED":    errs.New(errs.Conflict, "upload_interrupted", "another request took over this upload; use HEAD to see how far it is"),
	"ERR_UNEXPECTED_EOF":        cut,
	"ERR_READ_TIMEOUT":          cut,
	"ERR_CONNECTION_RESET":      cut,
	"ERR_DISK_FULL":             errs.New(errs.Full, "disk_full", "the disk that holds the uploads is full; delete files or add space, then go on"),
}

var (
	tooLarge = errs.New(errs.TooLarge, "file_too_large", "ISO images may have at most %d bytes", int64(MaxBytes))
	busy     = errs.New(errs.Unavailable, "upload_locked", "another request is busy with this upload; try again")
	cut      = errs.New(errs.Malformed, "chunk_cut", "the chunk ended early; the bytes received are kept")
)

// tusStatuses are the failures of HEAD, whose replies have no body and so no code.
var tusStatuses = map[int]*errs.Error{
	http.StatusBadRequest:          errs.New(errs.Malformed, "malformed", "the request can't be read"),
	http.StatusNotFound:            tusErrors["ERR_UPLOAD_NOT_FOUND"],
	http.StatusPreconditionFailed:  tusErrors["ERR_UNSUPPORTED_VERSION"],
	http.StatusLocked:              busy,
	http.StatusInsufficientStorage: tusErrors["ERR_DISK_FULL"],
}

// translate reads a reply of tusd to a request that failed: a line with a code, a colon and a text, or the status alone.
func translate(status int, line []byte) error {
	code, _, _ := bytes.Cut(line, []byte(":"))
	if e, ok := tusErrors[string(code)]; ok {
		return e
	}
	if e, ok := tusStatuses[status]; ok && len(line) == 0 {
		return e
	}
	return errs.New(errs.Internal, "tus_failed", "tusd: status %d %s", status, bytes.TrimSpace(line))
}

// catcher passes a good reply on and holds a bad one back, so that it can be written in our words.
type catcher struct {
	http.ResponseWriter
	failed bool
	status int
	line   []byte
}

// WriteHeader implements http.ResponseWriter.
func (c *catcher) WriteHeader(status int) {
	c.status = status
	if c.failed = status >= http.StatusBadRequest; !c.failed {
		c.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (c *catcher) Write(b []byte) (int, error) {
	if c.failed {
		c.line = append(c.line, b...)
		return len(b), nil
	}
	return c.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (c *catcher) Unwrap() http.ResponseWriter { return c.ResponseWriter }
