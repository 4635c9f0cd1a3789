package compute

// DriveImport are the params of the operation drive_import: a media file becomes a drive's own disk.
type DriveImport struct {
	Drive int64        `json:"drive"`
	Of    ImportSource `json:"of"`
	// What the first step finds out.
	Image ImportImage `json:"image"`
	Disk  string      `json:"disk,omitempty"`  // where the disk will lie
	There bool        `json:"there,omitempty"` // it lies there already, as beside a database that was restored
}

// Operation names the kind.
func (DriveImport) Operation() string { return "drive_import" }

// ImportSource is all that an import is made from. It is comparable: one that was refused would be refused again until this is another.
type ImportSource struct {
	File     int64  `json:"file"`
	ID       string `json:"id,omitempty"` // in the name of the file's bytes
	Modified int64  `json:"modified"`
	Size     int64  `json:"size,omitempty"` // wished for; 0 means as big as the image
	Tier     string `json:"tier,omitempty"`
}

// ImportImage is what the headers of the file say.
type ImportImage struct {
	Format string `json:"format,omitempty"`
	Size   int64  `json:"size,omitempty"`  // bytes that a guest will see
	Needs  int64  `json:"needs,omitempty"` // bytes on the host
}
