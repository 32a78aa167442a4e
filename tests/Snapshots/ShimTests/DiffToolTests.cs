using Xunit;

namespace Hooks.Snapshots.Shim;

/// <summary>No window opens where nobody would see it.</summary>
public class DiffToolTests
{
    [Theory]
    [InlineData("true")]
    [InlineData("1")]
    public void NobodyLooksOnABuildServer(string ci) =>
        Assert.False(DiffTool.SomeoneIsLooking(name => name is "CI" ? ci : ":0"));

    [Fact]
    public void NobodyLooksWithoutAScreen()
    {
        if (OperatingSystem.IsLinux())
            Assert.False(DiffTool.SomeoneIsLooking(_ => null));
    }

    [Theory]
    [InlineData("DISPLAY")]
    [InlineData("WAYLAND_DISPLAY")]
    public void SomeoneLooksAtAScreen(string screen)
    {
        if (OperatingSystem.IsLinux())
            Assert.True(DiffTool.SomeoneIsLooking(name => name == screen ? "0" : null));
    }
}
