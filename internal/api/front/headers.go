package front

import "net/http"

// transportYear is what browsers are told to remember: for a year, only HTTPS for this name.
const transportYear = "max-age=31536000"

// HeadersTooLarge says, for the documents of both dialects, what net/http answers before any of our code is asked: it can't be shaped.
const HeadersTooLarge = "a request whose headers have more than 256 KiB is answered with 431 and a line of plain text, and the connection is closed"

// careful sets the headers that every reply has. Pages of our own add what they need.
func careful(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")           // a file that somebody uploaded is no page of ours
	h.Set("Referrer-Policy", "no-referrer")              // a path may hold what is nobody else's business
	h.Set("X-Frame-Options", "DENY")                     // for browsers that don't know frame-ancestors
	h.Set("Cross-Origin-Resource-Policy", "same-origin") // no other site has a reply as an image or a script
}

// Strict has browsers come by HTTPS only from now on. It is for a certificate that they know: with one that they don't, a user could not
// even choose to go on.
func Strict(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", transportYear)
		h.ServeHTTP(w, r)
	})
}
