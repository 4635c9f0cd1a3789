package ovf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// MostText is how long a description may be, in bytes; real ones have some ten thousand.
const MostText = 2 << 20

// mostDepth bounds how deep elements lie in each other.
const mostDepth = 64

// envelope is the document. Elements are known by their local names: versions of the format differ in their namespaces alone.
type envelope struct {
	XMLName xml.Name `xml:"Envelope"`
	Files   []struct {
		ID          string `xml:"id,attr"`
		Href        string `xml:"href,attr"`
		Size        string `xml:"size,attr"`
		Compression string `xml:"compression,attr"`
		ChunkSize   string `xml:"chunkSize,attr"`
	} `xml:"References>File"`
	Disks    []disk `xml:"DiskSection>Disk"`
	Sections []struct {
		Disks []disk `xml:"Disk"`
	} `xml:"Section"` // of version 0.9
	System     *system `xml:"VirtualSystem"`
	Collection *struct {
		Systems []system `xml:"VirtualSystem"`
	} `xml:"VirtualSystemCollection"`
}

type disk struct {
	ID       string `xml:"diskId,attr"`
	File     string `xml:"fileRef,attr"`
	Parent   string `xml:"parentRef,attr"`
	Capacity string `xml:"capacity,attr"`
	Units    string `xml:"capacityAllocationUnits,attr"`
}

type system struct {
	ID         string `xml:"id,attr"`
	Name       string `xml:"Name"`
	Annotation string `xml:"AnnotationSection>Annotation"`
	OS         struct {
		Description string `xml:"Description"`
		Type        string `xml:"osType,attr"`
	} `xml:"OperatingSystemSection"`
	Hardware []struct {
		Items    []item   `xml:"Item"`
		Storage  []item   `xml:"StorageItem"`      // of version 2
		Ethernet []item   `xml:"EthernetPortItem"` // of version 2
		Config   []config `xml:"Config"`           // VMware's
	} `xml:"VirtualHardwareSection"`
	VirtualBox *struct {
		Firmware struct {
			Type string `xml:"type,attr"`
		} `xml:"Hardware>Firmware"`
		Snapshot *struct{} `xml:"Snapshot"`
	} `xml:"Machine"`
}

type config struct {
	Key   string `xml:"key,attr"`
	Value string `xml:"value,attr"`
}

// item is a device (DMTF's CIM_ResourceAllocationSettingData).
type item struct {
	InstanceID      string   `xml:"InstanceID"`
	Name            string   `xml:"ElementName"`
	Type            int      `xml:"ResourceType"`
	SubType         string   `xml:"ResourceSubType"`
	Other           string   `xml:"OtherResourceType"`
	Quantity        string   `xml:"VirtualQuantity"`
	Units           string   `xml:"AllocationUnits"`
	Parent          string   `xml:"Parent"`
	AddressOnParent string   `xml:"AddressOnParent"`
	Host            []string `xml:"HostResource"`
	Address         string   `xml:"Address"`
	Connection      []string `xml:"Connection"`
	Required        string   `xml:"required,attr"`
}

// read parses a document that nobody has vouched for. It takes no DTD, and so no entities but XML's own five.
func read(text []byte) (*envelope, error) {
	if len(text) > MostText {
		return nil, refused("has more than %d bytes", MostText)
	}
	if err := plain(text); err != nil {
		return nil, err
	}
	var e envelope
	if err := xml.Unmarshal(text, &e); err != nil {
		return nil, refused("can't be read: %s", brief(err))
	}
	return &e, nil
}

// plain refuses documents that are more than elements and text, or are nested without end.
func plain(text []byte) error {
	decoder, depth := xml.NewDecoder(bytes.NewReader(text)), 0
	for {
		token, err := decoder.RawToken()
		switch {
		case errors.Is(err, io.EOF) && depth == 0:
			return nil
		case err != nil:
			return refused("can't be read: %s", brief(err))
		}
		switch token.(type) {
		case xml.Directive:
			return refused("has a document type, and may define entities; leave it out")
		case xml.StartElement:
			if depth++; depth > mostDepth {
				return refused("has elements nested deeper than %d", mostDepth)
			}
		case xml.EndElement:
			depth--
		}
	}
}

// brief is an error of the parser, of one line that isn't long: it may quote the document.
func brief(err error) string {
	const most = 200
	text := strings.ToValidUTF8(strings.Join(strings.Fields(err.Error()), " "), "?")
	return text[:min(len(text), most)]
}
