package cloudinit

import (
	"strings"

	"github.com/goccy/go-yaml"

	"dewpoint/internal/errs"
)

// Config is what clients may say in members of their own in place of a user-data text.
type Config struct {
	SSHKeys  []string
	Users    []User
	Packages []string
	RunCmd   []string
}

// User is a user whom cloud-init makes.
type User struct {
	Name     string
	SSHKeys  []string
	Sudo     string
	Groups   string
	Shell    string
	Password string
}

// none reports whether nothing is said.
func (c Config) none() bool {
	return len(c.SSHKeys)+len(c.Users)+len(c.Packages)+len(c.RunCmd) == 0
}

// Text is a user-data text with what the config says added to the lists of the text, which must then be a cloud-config or empty. The user that the
// image comes with stays, and has the SSH keys.
func (c Config) Text(userData string) (string, error) {
	if c.none() {
		return userData, nil
	}
	config := map[string]any{}
	if strings.TrimSpace(userData) != "" {
		if !strings.HasPrefix(userData, "#cloud-config") {
			return "", errs.New(errs.Invalid, "invalid_cloud_init", "user_data is not a #cloud-config, so ssh_keys, users, packages and runcmd can't be added to it; put them into the script").On("cloud_init.user_data")
		}
		given, err := mapping([]byte(userData))
		if err != nil {
			return "", errs.New(errs.Invalid, "invalid_cloud_init", "user_data %s", errs.Ours(errs.Shown(err))).On("cloud_init.user_data")
		}
		config = given
	}
	var users []any
	if len(c.Users) > 0 && config["users"] == nil {
		users = append(users, "default")
	}
	for _, u := range c.Users {
		users = append(users, u.entry())
	}
	for name, more := range map[string][]any{"ssh_authorized_keys": anys(c.SSHKeys), "users": users, "packages": anys(c.Packages), "runcmd": anys(c.RunCmd)} {
		if len(more) == 0 {
			continue
		}
		list, ok := config[name].([]any)
		if config[name] != nil && !ok {
			return "", errs.New(errs.Invalid, "invalid_cloud_init", "%s in user_data isn't a list, so nothing can be added to it", errs.Ours(name)).On("cloud_init.user_data")
		}
		config[name] = append(list, more...)
	}
	text, err := yaml.MarshalWithOptions(config, yaml.UseLiteralStyleIfMultiline(true))
	return "#cloud-config\n" + string(text), err
}

// entry is the user in the words of cloud-init's module users.
func (u User) entry() map[string]any {
	entry := map[string]any{"name": u.Name}
	for name, text := range map[string]string{"sudo": u.Sudo, "groups": u.Groups, "shell": u.Shell} {
		if text != "" {
			entry[name] = text
		}
	}
	if len(u.SSHKeys) > 0 {
		entry["ssh_authorized_keys"] = u.SSHKeys
	}
	if u.Password != "" {
		entry["plain_text_passwd"], entry["lock_passwd"] = u.Password, false
	}
	return entry
}

func anys(texts []string) (out []any) {
	for _, t := range texts {
		out = append(out, t)
	}
	return out
}
