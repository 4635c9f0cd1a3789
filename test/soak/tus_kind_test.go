package soak

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"dewpoint/test/harness"
)

// taken is the value of an upload that was completed: it is an ISO now.
const (
	taken      = "taken"
	uploadPath = isoPath + "/upload"
	isoPath    = "virtualization/isos"
)

// tusUploads are uploads that grow by pieces and then become ISOs.
func (l *ledger) tusUploads() *kind {
	return &kind{
		name: "tus", most: 3, settled: partly, inSteps: true, id: func(r *harness.Reply) string { return fmt.Sprint(r.Object()["upload_id"]) },
		create: func(name, _ string) *harness.Reply {
			return l.call("POST", uploadPath, nil, map[string]string{
				"Tus-Resumable": "1.0.0", "Upload-Length": strconv.Itoa(fileSize),
				"Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(name+isoEnding)),
			})
		},
		value: func(rng *rand.Rand, th *thing) string {
			if th != nil && (th.value == taken || th.value == strconv.Itoa(fileSize)) {
				return taken
			}
			return grown(rng, th)
		},
		change: func(th *thing, value string) *harness.Reply {
			if value == taken {
				return l.call("POST", uploadPath+"/"+th.id+"/complete", nil, nil)
			}
			return l.call("PATCH", uploadPath+"/"+th.id, piece(th.name, th.value, value), map[string]string{
				"Tus-Resumable": "1.0.0", "Upload-Offset": th.value, "Content-Type": "application/offset+octet-stream",
			})
		},
		remove: func(th *thing) *harness.Reply { return l.removeUpload(th.id) },
		list:   listUploads,
		verify: func(th thing) { verifyUpload(l.c, th) },
	}
}

// Every name of an upload ends with it.
const isoEnding = ".iso"

// listUploads lists uploads, and ISOs that came of them: those have the upload's id.
func listUploads(c *harness.Client) []thing {
	c.T.Helper()
	there := map[string]thing{}
	for _, up := range listOf(c, uploadPath, "uploads", "upload_id", "filename", "uploaded_size") {
		there[up.id] = up
	}
	for _, iso := range listOf(c, isoPath, "isos", "id", "filename", "size") {
		there[iso.id] = thing{id: iso.id, name: iso.name, value: taken}
	}
	list := make([]thing, 0, len(there))
	for _, th := range there {
		th.name = strings.TrimSuffix(th.name, isoEnding)
		list = append(list, th)
	}
	return list
}

// verifyUpload reads the ISO that an upload became.
func verifyUpload(c *harness.Client, th thing) {
	if th.value == taken {
		verifyBytes(c, isoPath+"/"+th.id+"/download", th.name)
	}
}

// removeUpload deletes the ISO that an upload became, if it did, and then what the server notes of the upload.
func (l *ledger) removeUpload(id string) *harness.Reply {
	iso := l.call("DELETE", isoPath+"/"+id, nil, nil)
	if iso == nil || iso.Status >= 300 && iso.Status != 404 {
		return iso
	}
	up := l.call("DELETE", uploadPath+"/"+id, nil, map[string]string{"Tus-Resumable": "1.0.0"})
	if up != nil && up.Status == 404 && iso.Status < 300 {
		return iso // a crash came between the two
	}
	return up
}
