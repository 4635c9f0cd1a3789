package table

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"math"
	"runtime/debug"
	"sync"

	"dewpoint/internal/lru"
)

// mostDocuments bounds the memory of the documents that are kept.
const mostDocuments = 2 << 20

// bigDocument is from which size on the memory that making a document took is given back at once: it is a hundred times as much.
const bigDocument = 256 << 10

// documents keeps the documents that were asked for last. They follow from the declarations alone, so each is made once in the life of the program, and
// kept packed.
type documents struct {
	making sync.Mutex // one at a time, since making one takes so much memory
	mu     sync.Mutex
	kept   lru.Cache[string, *document] // by path
}

func newDocuments() *documents {
	return &documents{kept: lru.Cache[string, *document]{
		Most: math.MaxInt, MostCost: mostDocuments, Cost: func(x *document) int { return len(x.packed) },
	}}
}

// document is an OpenAPI document as it is sent.
type document struct {
	tag    string // digest of the bytes
	length int    // of the document, unpacked
	packed []byte
}

// get returns the document of a path, and makes it when it isn't kept.
func (d *documents) get(path string, body func() ([]byte, error)) (*document, error) {
	if found := d.find(path); found != nil {
		return found, nil
	}
	d.making.Lock()
	defer d.making.Unlock()
	if found := d.find(path); found != nil { // somebody else's request had it made meanwhile
		return found, nil
	}
	text, err := body()
	if err != nil {
		return nil, err
	}
	made, err := pack(text)
	if err == nil {
		d.keep(path, made)
	}
	if len(text) >= bigDocument {
		defer debug.FreeOSMemory()
	}
	return made, err
}

func (d *documents) keep(path string, made *document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept.Put(path, made)
}

func (d *documents) find(path string) *document {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, _ := d.kept.Get(path)
	return found
}

func pack(text []byte) (*document, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return &document{base64.RawURLEncoding.EncodeToString(sum[:15]), len(text), bytes.Clone(packed.Bytes())}, nil
}

// writeTo writes the document unpacked.
func (x *document) writeTo(w io.Writer) error {
	r, err := gzip.NewReader(bytes.NewReader(x.packed))
	if err == nil {
		_, err = io.Copy(w, r)
	}
	return err
}
