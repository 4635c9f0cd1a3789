package backup

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"

	"golang.org/x/crypto/argon2"

	"dewpoint/internal/errs"
)

const (
	// chunk is how much is sealed at a time: a reader gives out nothing that it hasn't found genuine.
	chunk = 64 << 10
	// The cost of a passphrase is RFC 9106's second choice: 64 MiB and three passes.
	passes, memoryKiB, lanes = 3, 64 << 10, 4
	// The most that a file may ask for: whoever wrote it isn't known yet.
	mostPasses, mostMemoryKiB = 16, 1 << 20
)

// sealing is the second line of a file. The rest isn't sealed when there is no salt.
type sealing struct {
	Salt   []byte `json:"salt,omitempty"`
	Passes uint32 `json:"passes,omitempty"`
	Memory uint32 `json:"memory_kib,omitempty"`
	Lanes  uint8  `json:"lanes,omitempty"`
}

// aead makes the key. It is another one for each file, so nonces may count.
func (s sealing) aead(passphrase string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(argon2.IDKey([]byte(passphrase), s.Salt, s.Passes, s.Memory, s.Lanes, 32))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal writes the head of a file, and returns a writer for the rest: it must be closed.
func seal(w io.Writer, passphrase string) (io.WriteCloser, error) {
	var s sealing
	if passphrase != "" {
		s = sealing{Salt: make([]byte, 16), Passes: passes, Memory: memoryKiB, Lanes: lanes}
		rand.Read(s.Salt)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	head := append(append([]byte(magic), text...), '\n')
	if _, err := w.Write(head); err != nil || passphrase == "" {
		return plain{w}, err
	}
	aead, err := s.aead(passphrase)
	return &sealer{w: w, chunks: chunks{aead: aead, head: head}}, err
}

type plain struct{ io.Writer }

// Close implements io.Closer.
func (plain) Close() error { return nil }

// chunks are the sealed pieces of a file (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár): each can stand in its
// place alone, and only the last one can be the last.
type chunks struct {
	aead   cipher.AEAD
	head   []byte // goes with each
	number uint64
}

func (c *chunks) nonce(last bool) []byte {
	nonce := make([]byte, c.aead.NonceSize())
	binary.BigEndian.PutUint64(nonce, c.number)
	if c.number++; last {
		nonce[len(nonce)-1] = 1
	}
	return nonce
}

type sealer struct {
	chunks
	w     io.Writer
	waits []byte
}

// Write implements io.Writer. A whole chunk waits until more comes: it may be the last.
func (s *sealer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if len(s.waits) == chunk {
			if err := s.flush(false); err != nil {
				return 0, err
			}
		}
		take := min(len(p), chunk-len(s.waits))
		s.waits, p = append(s.waits, p[:take]...), p[take:]
	}
	return n, nil
}

// Close writes the last chunk.
func (s *sealer) Close() error { return s.flush(true) }

func (s *sealer) flush(last bool) error {
	_, err := s.w.Write(s.aead.Seal(nil, s.nonce(last), s.waits, s.head))
	s.waits = s.waits[:0]
	return err
}

// open reads the head of a file and returns a reader for the rest.
func open(r io.Reader, passphrase string) (io.Reader, error) {
	in := bufio.NewReaderSize(r, 4096)
	first := make([]byte, len(magic))
	if _, err := io.ReadFull(in, first); err != nil || string(first) != magic {
		return nil, errs.New(errs.Invalid, "no_backup", "the file isn't a backup that this version can read")
	}
	text, err := in.ReadSlice('\n')
	if err != nil {
		return nil, damaged("its second line has no end")
	}
	head := append(first, text...)
	var s sealing
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return nil, damaged("its second line can't be read")
	}
	switch {
	case len(s.Salt) == 0 && passphrase != "":
		return nil, errs.New(errs.Invalid, "not_sealed", "the backup isn't sealed, but a passphrase was given; if it is the right file, leave the passphrase out")
	case len(s.Salt) == 0:
		return in, nil
	case passphrase == "":
		return nil, errs.New(errs.Invalid, "sealed", "the backup is sealed: give its passphrase")
	case s.Passes < 1 || s.Passes > mostPasses || s.Memory > mostMemoryKiB || s.Lanes < 1:
		return nil, damaged("its second line asks for too much")
	}
	aead, err := s.aead(passphrase)
	return &opener{r: in, chunks: chunks{aead: aead, head: head}}, err
}

type opener struct {
	chunks
	r     *bufio.Reader
	clear []byte
	done  bool
}

// Read implements io.Reader.
func (o *opener) Read(p []byte) (int, error) {
	for len(o.clear) == 0 {
		if o.done {
			return 0, io.EOF
		}
		if err := o.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, o.clear)
	o.clear = o.clear[n:]
	return n, nil
}

func (o *opener) next() error {
	sealed := make([]byte, chunk+o.aead.Overhead())
	n, err := io.ReadFull(o.r, sealed)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if err == nil {
		_, err = o.r.Peek(1)
	}
	o.done = err != nil
	first := o.number == 0
	if o.clear, err = o.aead.Open(nil, o.nonce(o.done), sealed[:n], o.head); err != nil && first {
		return errs.New(errs.Invalid, "damaged", "the passphrase is wrong, or the backup is damaged or incomplete")
	} else if err != nil {
		return damaged("a sealed part of it isn't genuine")
	}
	return nil
}
