package column

import (
	"strconv"
	"strings"

	"dewpoint/internal/schema"
)

// StorageID declares the random part of the name that a row's bytes have on the host. A database that was lost, or brought back from an older
// copy, gives keys again; with this no new row takes bytes over that lie under its key. Rows of older versions have none.
func StorageID() *schema.Field {
	return schema.String("storage_id").ReadOnly().Hidden().Random().Doc("part of the file's name on the host")
}

// StorageName is the name that the bytes of a row have on the host, without an ending: "7-0badcafe", or "7" for a row without a storage_id.
func StorageName(key int64, id string) string {
	name := strconv.FormatInt(key, 10)
	if id != "" {
		name += "-" + id
	}
	return name
}

// ReadStorageName takes a name apart; ok is false for one that StorageName doesn't make.
func ReadStorageName(name string) (key int64, id string, ok bool) {
	number, id, _ := strings.Cut(name, "-")
	key, err := strconv.ParseInt(number, 10, 64)
	return key, id, err == nil && key > 0 && StorageName(key, id) == name
}
