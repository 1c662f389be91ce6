int store_cases_run_model(void);
int store_cases_run_model(void)
{
    return 0;
}
