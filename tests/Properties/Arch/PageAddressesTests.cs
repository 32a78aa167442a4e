using Hooks.Core.Arch;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Arch;

/// <summary>Where pages lie: in words, as drawn, and what follows.</summary>
public class PageAddressesTests
{
    [Fact]
    public void What_is_written_can_be_read()
    {
        for (var i = 0; i < 200; i++)
        {
            var drawn = PageAddresses.Draw(new Choices(Choices.SeedOf(1, i)));
            Assert.Equal(drawn.ToString(), PageAddresses.TryParse(drawn.ToString())?.ToString());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("1,2,3")]
    [InlineData("1,2,3,4,5")]
    [InlineData("1,2,2,3")]
    [InlineData("4,3,2,1")]
    [InlineData("1,2,3,x")]
    [InlineData("1,2,3,-4")]
    [InlineData("1,2,3, 4")]
    [InlineData("1,2,3,262145")]
    [InlineData("1,2,3,99999999999")]
    public void Anything_else_is_not(string text) => Assert.Null(PageAddresses.TryParse(text));

    [Fact]
    public void Some_are_low_and_some_are_in_several_page_tables()
    {
        var drawn = Enumerable.Range(0, 200).Select(i => PageAddresses.Draw(new Choices(Choices.SeedOf(1, i)))).ToList();
        Assert.InRange(drawn.Count(d => d.AreLow), 50, 150);
        Assert.InRange(drawn.Count(d => !d.ShareAPageTable(new Vpn(0), new Vpn(3))), 50, 199);
    }

    [Fact]
    public void Higher_up_distances_and_page_tables_are_the_same()
    {
        for (var i = 0; i < 200; i++)
        {
            var drawn = PageAddresses.Draw(new Choices(Choices.SeedOf(1, i)));
            Assert.False(drawn.Raised.AreLow);
            for (byte p = 1; p < Capacity.Pages; p++)
            {
                var (a, b) = (new Vpn((byte)(p - 1)), new Vpn(p));
                Assert.Equal(drawn[b] - drawn[a], drawn.Raised[b] - drawn.Raised[a]);
                Assert.Equal(drawn.ShareAPageTable(a, b), drawn.Raised.ShareAPageTable(a, b));
            }
        }
    }
}
