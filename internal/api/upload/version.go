package upload

import (
	"net/http"
	"strings"

	"dewpoint/internal/errs"
)

// tusVersion is the version of the protocol that is spoken here.
const tusVersion = "1.0.0"

// checkVersion refuses what TUS wants refused: a request of another version. One that names none is taken to mean ours. A script that sets the
// header and a library that sets it too make a browser send both values in one line.
func checkVersion(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodOptions {
		return nil // it asks for the version
	}
	for _, line := range r.Header.Values("Tus-Resumable") {
		for version := range strings.SplitSeq(line, ",") {
			if version = strings.TrimSpace(version); version != tusVersion && line != "" {
				w.Header().Set("Tus-Version", tusVersion)
				return errs.New(errs.Malformed, "unsupported_tus_version", "Tus-Resumable is %q; this server speaks version %s", version, tusVersion)
			}
		}
	}
	return nil
}
