#include "vault/serve/fhir_base.h"

#include "common/base/text.h"
#include "common/format/fhir_refs.h"

#include <string.h>

static bool is_known(const struct vault *vault)
{
	return vault->parts.base && *vault->parts.base;
}

const char *fhir_base(const struct vault *vault, struct exchange *x)
{
	return is_known(vault) ? vault->parts.base
			       : arena_printf(x->arena, "https://%s/fhir", x->ask.host);
}

const char *fhir_base_local(const struct vault *vault, const char *text)
{
	if (!is_known(vault) || !text_starts(text, vault->parts.base))
		return NULL;
	const char *rest = text + strlen(vault->parts.base);
	return *rest == '/' ? rest + 1 : NULL;
}

static enum err localize(
	void *context, enum fhir_ref_kind kind, const char *text, const char **ret_text)
{
	if (kind == FHIR_REF_REFERENCE)
		*ret_text = fhir_base_local(context, text);
	return OK;
}

enum err fhir_base_strip(struct vault *vault, json_t *resource)
{
	const struct fhir_ref_visitor visitor = {localize, vault};
	return is_known(vault) ? fhir_refs_walk(resource, &visitor) : OK;
}
