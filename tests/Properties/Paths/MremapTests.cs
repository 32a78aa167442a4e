using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Paths;

public class MremapTests
{
    [Theory]
    [InlineData("v6.11", "none", true)]
    [InlineData("v6.11", "arm64", true)]
    [InlineData("debian-6.12.117", "none", false)]
    [InlineData("debian-6.12.117", "arm64", false)]
    [InlineData("debian-6.1.192", "none", false)]
    public void A_uffd_wp_bit_that_nobody_watches_any_more_is_left_by_old_kernels_and_cleared_by_stable_ones(string kernel, string arch, bool left)
    {
        foreach (var pageout in new[] { false, true })
        {
            string[] lines = ["P0 map a", "P0 write a 1", "P0 uffdwp a", .. pageout ? ["P0 pageout a"] : Array.Empty<string>(), "P0 mremap a b"];
            var machine = Machines.Machine(kernel, Machines.Architectures.Single(a => a.Name == arch));
            Assert.Equal(InvariantSet.None, machine.Run(Machines.Program("zram", lines), machine.Checked));
            var pte = machine.State.Pte(new MmId(0), new Vpn(1));
            Assert.Equal(pageout, pte.IsSwap);
            Assert.Equal(left, pte.IsUffdWp);
            Assert.Equal(VmaFlags.None, machine.State.Vma(new MmId(0), new Vpn(1)).Flags & VmaFlags.UffdWp);
        }
    }
}
