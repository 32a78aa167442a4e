using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Paths;

public class WriteTrackingTests
{
    /// <summary>Seen on a real 7.3.4: no fault at a write after UFFDIO_WRITEPROTECT has taken the protection away.</summary>
    [Theory]
    [InlineData("v5.19", false)]
    [InlineData("debian-6.1.192", false)]
    [InlineData("v6.5", true)]
    [InlineData("v7.3", true)]
    public void Without_its_protection_an_exclusive_page_is_writable_again_from_6_3_on(string kernel, bool writable) =>
        Assert.Equal(writable, Writable(kernel, "P0 map a", "P0 write a 1", "P0 uffdwp a", "P0 uffdunwp a"));

    [Theory]
    [InlineData("P0 map a", "P0 write a 1", "P0 uffdwp a")]
    [InlineData("P0 map a", "P0 write a 1", "P0 uffdwp a", "P0 clearrefs", "P0 uffdunwp a")]
    [InlineData("P0 map a", "P0 write a 1", "P0 uffdwp a", "P0 fork P1", "P0 uffdunwp a")]
    public void A_page_that_is_protected_watched_or_shared_stays_read_only(params string[] lines) => Assert.False(Writable("v7.3", lines));

    private static bool Writable(string kernel, params string[] lines)
    {
        var machine = Machines.Machine(kernel, Machines.None);
        Assert.Equal(InvariantSet.None, machine.Run(Machines.Program("zram", lines), machine.Checked));
        return machine.State.Pte(new MmId(0), new Vpn(0)).IsWritable;
    }
}
