using System.Reflection;
using VerifyTests;
using Xunit;

namespace Hooks.Snapshots.Shim;

/// <summary>
/// What compiles with the shim compiles with Verify: there settings are changed by statements, and only a verification that is still to
/// start is configured in a chain.
/// </summary>
public class SignatureTests
{
    [Fact]
    public void SettingsReturnNothing() => Assert.All(Changes(), change => Assert.Equal(typeof(void), change.ReturnType));

    [Fact]
    public void EverySettingIsALinkOfTheChain()
    {
        Assert.All(Changes(), change => Assert.Equal(
            typeof(SettingsTask),
            typeof(SettingsTask).GetMethod(change.Name, [.. change.GetParameters().Select(parameter => parameter.ParameterType)])?.ReturnType));
    }

    private static MethodInfo[] Changes()
    {
        var changes = typeof(VerifySettings).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly);
        Assert.NotEmpty(changes);
        return changes;
    }
}
