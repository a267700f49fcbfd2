/* SPDX-License-Identifier: Apache-2.0 */
/* nothing: the cheapest program to execute; linked statically. */
int main(void)
{
	return 0;
}
