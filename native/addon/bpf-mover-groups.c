/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The groups out of which the mover moves. Their numbers are never used again (kernfs), so that one of a group that was removed does no
 * harm, and is pushed out in time by those that are used.
 */
#include "bpf-mover.h"

#include <string.h>

int mover_place_of(const struct mover *mover, uint64_t group)
{
	for (unsigned i = 0; i < mover->group_count; i++)
		if (mover->groups[i] == group)
			return (int)i;
	return -1;
}

void mover_use_group(struct mover *mover, int place)
{
	uint64_t group = mover->groups[place];
	unsigned last = mover->group_count - 1;

	memmove(mover->groups + place, mover->groups + place + 1, (last - (unsigned)place) * sizeof(group));
	mover->groups[last] = group;
}

void mover_know_group(struct mover *mover, uint64_t group)
{
	int place = mover_place_of(mover, group);

	if (place >= 0) {
		mover_use_group(mover, place);
	} else if (mover->group_count == MOVER_GROUPS) {
		mover->groups[0] = group;
		mover_use_group(mover, 0);
	} else {
		mover->groups[mover->group_count++] = group;
	}
}
