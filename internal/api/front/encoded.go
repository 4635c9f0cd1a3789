package front

import (
	"net/http"
	"strings"
)

// plain refuses requests whose bodies are packed: taken as they are, the packed bytes would become the file, and unpacking them is a way to fill a
// disk with a few kilobytes. It answers as RFC 9110 has it (15.5.16), with the codings that are taken.
func plain(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, coding := range list(r.Header, "Content-Encoding") {
			if coding != "" && !strings.EqualFold(coding, "identity") {
				w.Header().Set("Accept-Encoding", "identity")
				answer(w, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "bodies with a Content-Encoding aren't taken; send the bytes as they are")
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}
