package contract

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// consoleSaw is what noVNC showed.
type consoleSaw struct {
	Events  []string
	Picture string // a data URL
}

// noVNC shows the console at a websocket in a browser.
func noVNC(t *testing.T, socket, password string) (saw consoleSaw) {
	t.Helper()
	cmd := exec.Command("node", "console.mjs", chromium(t), socket, password)
	cmd.Dir, cmd.Stderr = clients(t), os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &saw)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return saw
}

// screenOf is QEMU's own picture of a domain's screen.
func screenOf(t *testing.T, domain string) image.Image {
	t.Helper()
	file := filepath.Join(t.TempDir(), "screen.png")
	harness.Virsh(t, "screenshot", domain, file)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, raw)
}

func decode(t *testing.T, raw []byte) image.Image {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%d bytes are no picture: %v", len(raw), err)
	}
	return picture
}

// differ tells which part of two pictures differs; all of it when their sizes do. Colours may be off by a rounding.
func differ(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	other, all := 0, 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if all++; max(r1, r2)-min(r1, r2) > 0x800 || max(g1, g2)-min(g1, g2) > 0x800 || max(b1, b2)-min(b1, b2) > 0x800 {
				other++
			}
		}
	}
	return float64(other) / float64(all)
}

// TestNoVNC has noVNC show a guest's screen by the addresses of both dialects, and holds what it shows against what QEMU says. The guest asks for a
// password, which the server leaves to it.
func TestNoVNC(t *testing.T) {
	t.Parallel()
	clients(t)
	s := start(t)
	c, v1 := s.Table(), s.Resource()
	made := c.Must(201, "POST", "vms", map[string]any{"name": "screened", "ram": 256, "console_pass_enabled": true, "console_pass": "pa55word", "powerstate": true}).Object()
	key, machine := made["$key"].(string), made["response"].(map[string]any)["machine"].(string)
	domain := "dp-" + s.Instance() + "-" + machine
	harness.Eventually(t, 2*time.Minute, "the firmware has said all", func() (bool, string) {
		row := c.Must(200, "GET", "machine_status/"+machine+"?fields=running,status_info", nil).Object()
		return row["running"] == true, fmt.Sprint(row)
	})
	harness.Eventually(t, time.Minute, "the screen is still", func() (bool, string) {
		before := screenOf(t, domain)
		time.Sleep(2 * time.Second)
		return differ(before, screenOf(t, domain)) < 0.001 && !blank(before), "it changes"
	})
	base := strings.Replace(s.URL, "http", "ws", 1)
	ticket := v1.Must(200, "GET", "virtualization/computes/screened/console/vnc", nil).Data()
	sockets := map[string]string{
		"the table API":    base + "/api/v4/machine_console/" + machine + "?token=" + s.Session(),
		"the resource API": base + ticket["ws_path"].(string),
	}
	for what, socket := range sockets {
		saw := noVNC(t, socket, "pa55word")
		text, found := strings.CutPrefix(saw.Picture, "data:image/png;base64,")
		raw, err := base64.StdEncoding.DecodeString(text)
		if !found || err != nil || !slices.Contains(saw.Events, "connect") {
			t.Errorf("by %s noVNC saw %v", what, saw.Events)
			continue
		}
		if part := differ(decode(t, raw), screenOf(t, domain)); part > 0.005 {
			t.Errorf("by %s noVNC shows another picture than QEMU: %.1f %% of it", what, 100*part)
		}
	}
	if saw := noVNC(t, sockets["the table API"], "wrong"); !slices.Contains(saw.Events, "securityfailure") {
		t.Errorf("with a wrong password noVNC saw %v", saw.Events)
	}
	picture := v1.Must(200, "GET", "virtualization/computes/screened/console/screenshot", nil)
	if part := differ(decode(t, picture.Body), screenOf(t, domain)); part > 0.005 {
		t.Errorf("the screenshot differs in %.1f %%", 100*part)
	}
	c.Must(200, "DELETE", "vms/"+key, nil)
}

func blank(picture image.Image) bool {
	return differ(picture, image.NewRGBA(picture.Bounds())) == 0
}
