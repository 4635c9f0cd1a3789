package front

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// recorder notes what was answered. It hides nothing that the server's own writer can do: websockets take the connection over, files are
// sent by the kernel.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	cut    bool // the reply broke off
}

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	r.status = r.code()
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// ReadFrom implements io.ReaderFrom, by which files reach the socket without being copied through the program.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	r.status = r.code()
	n, err := io.Copy(r.ResponseWriter, src)
	r.bytes += n
	return n, err
}

// Flush implements http.Flusher.
func (r *recorder) Flush() {
	r.status = r.code()
	http.NewResponseController(r.ResponseWriter).Flush() // a writer that can't flush has nothing to flush
}

// Hijack implements http.Hijacker.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.status = http.StatusSwitchingProtocols
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
