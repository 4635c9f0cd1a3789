package ovf

import (
	"bufio"
	"bytes"
	"crypto"
	_ "crypto/sha1" // that older manifests have
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/hex"
	"hash"
	"regexp"
	"strings"
)

// Digest is what a file's bytes must add up to.
type Digest struct {
	Name      string // of the file
	Algorithm string // SHA1, SHA256, SHA384 or SHA512
	Sum       string // in small hex digits
}

// manifestLine is a line as DSP0243 has it: "SHA256(disk.vmdk)= 0123…".
var manifestLine = regexp.MustCompile(`^(SHA1|SHA256|SHA384|SHA512)\s*\((.{1,255})\)\s*=\s*([0-9a-fA-F]{40,128})$`)

var algorithms = map[string]crypto.Hash{"SHA1": crypto.SHA1, "SHA256": crypto.SHA256, "SHA384": crypto.SHA384, "SHA512": crypto.SHA512}

// Manifest reads the digests of an appliance's files.
func Manifest(text []byte) (digests []Digest, err error) {
	const most = 64 << 10
	if len(text) > most {
		return nil, refusedAs("manifest", "has more than %d bytes", most)
	}
	names, lines := map[string]bool{}, bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		m := manifestLine.FindStringSubmatch(line)
		if m == nil || algorithms[m[1]].Size()*2 != len(m[3]) {
			return nil, refusedAs("manifest", "has a line that is no digest: %q", brief(errText(line)))
		}
		if names[m[2]] {
			return nil, refusedAs("manifest", "names %q twice", m[2])
		}
		names[m[2]] = true
		digests = append(digests, Digest{Name: m[2], Algorithm: m[1], Sum: strings.ToLower(m[3])})
	}
	if lines.Err() != nil {
		return nil, refusedAs("manifest", "can't be read")
	}
	return digests, nil
}

type errText string

func (e errText) Error() string { return string(e) }

// Sum begins a digest by the name of its algorithm.
func Sum(algorithm string) hash.Hash { return algorithms[algorithm].New() }

// Is tells whether what was written into h adds up to the digest.
func (d Digest) Is(h hash.Hash) bool { return hex.EncodeToString(h.Sum(nil)) == d.Sum }
