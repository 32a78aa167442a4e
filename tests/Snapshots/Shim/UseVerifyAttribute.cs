using System.ComponentModel;
using System.Reflection;
using Xunit.Sdk;

[assembly: VerifyXunit.UseVerify]

namespace VerifyXunit;

/// <summary>
/// Notes which test is running, for xunit calls it around every test of the assembly. The note follows the test through its awaits and is not
/// seen by tests that run in parallel. The package has this attribute too, and adds it to the assembly by itself.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class UseVerifyAttribute : BeforeAfterTestAttribute
{
    private static readonly AsyncLocal<MethodInfo?> Current = new();

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest) => Current.Value = methodUnderTest;

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest) => Current.Value = null;

    internal static MethodInfo CurrentTest() =>
        Current.Value ?? throw new InvalidOperationException("Verify was called outside an xunit test, so there is no class and method to name its file after.");
}
